# SPDX-License-Identifier: Apache-2.0
"""The shape of a crate-lm model: CRATE-GPT, CRATE-BERT and their transformer baselines."""

from transformers import PretrainedConfig

ARCHITECTURES = ("crate", "crate-overcomplete", "crate-alpha", "attention-only", "transformer")
OBJECTIVES = ("causal", "masked")
ACTIVATIONS = ("gelu", "gelu-tanh", "relu")


class CrateConfig(PretrainedConfig):
    """The content of an exported model's `config.json`.

    architecture: crate (arXiv:2311.13110), crate-overcomplete (arXiv:2410.16443), crate-alpha (arXiv:2405.20299),
        attention-only (arXiv:2506.03790) or transformer (GPT-2 if causal, BERT if masked)
    objective: causal or masked
    vocab_size, hidden_size, num_hidden_layers, num_attention_heads: V, d, L, K
    max_position_embeddings: the most tokens seen at once, T; the position embedding has `position_offset` more rows
    position_offset: the rows of the position embedding before the first position (2 in RoBERTa's convention)
    step_size, sparsity_penalty: eta and lambda of ISTA
    hidden_act: gelu, gelu-tanh or relu, for the transformer only
    """

    model_type = "crate-lm"
    keys_to_ignore_at_inference = ["past_key_values"]

    def __init__(
        self,
        architecture="crate",
        objective="causal",
        vocab_size=50257,
        hidden_size=768,
        num_hidden_layers=12,
        num_attention_heads=12,
        max_position_embeddings=1024,
        position_offset=0,
        step_size=0.1,
        sparsity_penalty=0.1,
        hidden_act="gelu-tanh",
        initializer_range=0.02,
        use_cache=True,
        tie_word_embeddings=True,
        **kwargs,
    ):
        for name, value, choices in (
            ("architecture", architecture, ARCHITECTURES),
            ("objective", objective, OBJECTIVES),
            ("hidden_act", hidden_act, ACTIVATIONS),
        ):
            if value not in choices:
                raise ValueError(f"{name} is {value!r}; expected one of {', '.join(choices)}")
        if hidden_size % num_attention_heads:
            raise ValueError(f"hidden_size {hidden_size} is not a multiple of {num_attention_heads} heads")
        self.architecture = architecture
        self.objective = objective
        self.vocab_size = vocab_size
        self.hidden_size = hidden_size
        self.num_hidden_layers = num_hidden_layers
        self.num_attention_heads = num_attention_heads
        self.max_position_embeddings = max_position_embeddings
        self.position_offset = position_offset
        self.step_size = step_size
        self.sparsity_penalty = sparsity_penalty
        self.hidden_act = hidden_act
        self.initializer_range = initializer_range
        self.use_cache = use_cache
        super().__init__(tie_word_embeddings=tie_word_embeddings, **kwargs)
