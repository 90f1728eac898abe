# SPDX-License-Identifier: Apache-2.0
"""CRATE language models and their transformer baselines for the transformers library.

T tokens, width d, K heads of p = d/K, m = d or 4d dictionary atoms; tokens are rows and every matrix is [out, in].

    attention   W = N U'  (one projection is query, key and value)     Y = softmax(W W'/sqrt(p)) W   X' = X + Y O' + o
    crate       u = LN(X'),  X'' = max(0, u + eta (u - u D') D - eta lambda)
    crate-overcomplete, crate-alpha, with V [4d, d]:
                z1 = max(0, eta u V' - eta lambda),  z2 = max(0, z1 + eta (u - z1 V) V' - eta lambda)
                X'' = z2 V                           X'' = X' + z2 V1
    attention-only  X'' = X'

Every activation that crate-lm names is the output of a module of that name, such as `layers.0.ista.code`, and
`activations()` finds them. Activations have no parameters.
"""

import torch
import torch.nn.functional as F
from torch import nn
from transformers import GenerationMixin, PreTrainedModel
from transformers.cache_utils import DynamicCache
from transformers.modeling_outputs import BaseModelOutputWithPast, CausalLMOutputWithPast, MaskedLMOutput

from .configuration_crate import CrateConfig

EMBEDDING_EPSILON = 1e-12


def activation(name):
    return {
        "gelu": F.gelu,
        "gelu-tanh": lambda x: F.gelu(x, approximate="tanh"),
        "relu": F.relu,
    }[name]


def is_bert(config):
    return config.architecture == "transformer" and config.objective == "masked"


def layer_norm(config):
    if is_bert(config):
        epsilon = EMBEDDING_EPSILON
    else:
        epsilon = 1e-6 if config.architecture == "crate-alpha" else 1e-5
    return nn.LayerNorm(config.hidden_size, eps=epsilon)


class Activation(nn.Identity):
    """A value with a name: a forward hook reads it, or changes it by what it returns."""


def is_hooked(module):
    return bool(module._forward_hooks or module._forward_pre_hooks)


class CrateAttention(nn.Module):
    """Attention with its norm and residual: one projection for query, key and value, or three.

    The activations are the coordinates W (of a transformer query, key and value side by side), the weights P, which
    are computed only if somebody asks for them, what the heads attended to, and the output X'.
    """

    def __init__(self, config, layer):
        super().__init__()
        self.config, self.layer = config, layer
        self.heads, self.norm_is_last = config.num_attention_heads, is_bert(config)
        self.norm = layer_norm(config)
        width = config.hidden_size
        if config.architecture == "transformer":
            self.query_key_value, bias = nn.Linear(width, 3 * width), True
        else:
            self.subspaces = nn.Linear(width, width, bias=False)
            bias = config.objective == "causal" and config.architecture != "crate-alpha"
        self.projection = nn.Linear(width, width, bias=bias)
        self.coordinates, self.weights = Activation(), Activation()
        self.attended, self.output = Activation(), Activation()

    def forward(self, x, mask, cache, maps=None):
        """Appends the weights, [sequences, heads, queries, keys], to the list `maps`, if there is one."""
        u = x if self.norm_is_last else self.norm(x)
        if hasattr(self, "subspaces"):
            query = key = value = self.split(self.coordinates(self.subspaces(u)))
        else:
            query, key, value = (
                self.split(part) for part in self.coordinates(self.query_key_value(u)).chunk(3, dim=-1)
            )
        if cache is not None:
            key, value = cache.update(key, value, self.layer)
        y = self.attended(self.attend(query, key, value, mask, maps).transpose(1, 2).flatten(2))
        x = x + self.projection(y)
        return self.output(self.norm(x) if self.norm_is_last else x)

    def attend(self, query, key, value, mask, maps):
        if maps is None and not is_hooked(self.weights) and self.config._attn_implementation != "eager":
            return F.scaled_dot_product_attention(query, key, value, attn_mask=mask)
        scores = query @ key.transpose(-1, -2) / query.shape[-1] ** 0.5 + mask
        precise = torch.promote_types(scores.dtype, torch.float32)
        weights = self.weights(scores.softmax(-1, dtype=precise).to(value.dtype))
        if maps is not None:
            maps.append(weights)
        return weights @ value

    def split(self, x):
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)


class CrateISTA(nn.Module):
    """One proximal step in a complete dictionary, or two in a four times overcomplete one.

    The activations are the input u, the code (z2 of two steps, the neurons of arXiv:2410.16443), z1 and the output X''.
    """

    def __init__(self, config):
        super().__init__()
        self.eta, self.threshold = config.step_size, config.step_size * config.sparsity_penalty
        self.complete = config.architecture == "crate"
        self.norm = layer_norm(config)
        width = config.hidden_size
        atoms = width if self.complete else 4 * width
        self.dictionary = nn.Parameter(torch.empty(atoms, width))
        if config.architecture == "crate-alpha":
            self.decode_dictionary = nn.Parameter(torch.empty(atoms, width))
        self.input, self.code = Activation(), Activation()
        if not self.complete:
            self.first_code, self.output = Activation(), Activation()

    def forward(self, x):
        u, dictionary, eta = self.input(self.norm(x)), self.dictionary, self.eta
        if self.complete:
            return self.code(F.relu(u + eta * (u - u @ dictionary.T) @ dictionary - self.threshold))
        code = self.first_code(F.relu(eta * (u @ dictionary.T) - self.threshold))
        code = self.code(F.relu(code + eta * ((u - code @ dictionary) @ dictionary.T) - self.threshold))
        if hasattr(self, "decode_dictionary"):
            return self.output(x + code @ self.decode_dictionary)
        return self.output(code @ dictionary)


class CrateFeedForward(nn.Module):
    """The transformer's MLP with its norm and residual.

    The activations are its input, the hidden layer before its non-linearity, the code behind it, and the output.
    """

    def __init__(self, config):
        super().__init__()
        self.norm_is_last, self.activation = is_bert(config), activation(config.hidden_act)
        self.norm = layer_norm(config)
        self.expansion = nn.Linear(config.hidden_size, 4 * config.hidden_size)
        self.contraction = nn.Linear(4 * config.hidden_size, config.hidden_size)
        self.input, self.hidden = Activation(), Activation()
        self.code, self.output = Activation(), Activation()

    def forward(self, x):
        u = self.input(x if self.norm_is_last else self.norm(x))
        code = self.code(self.activation(self.hidden(self.expansion(u))))
        x = (u if self.norm_is_last else x) + self.contraction(code)
        return self.output(self.norm(x) if self.norm_is_last else x)


class CrateLayer(nn.Module):
    def __init__(self, config, layer):
        super().__init__()
        self.attention = CrateAttention(config, layer)
        if config.architecture == "transformer":
            self.mlp = CrateFeedForward(config)
        elif config.architecture != "attention-only":
            self.ista = CrateISTA(config)

    def forward(self, x, mask, cache, maps=None):
        x = self.attention(x, mask, cache, maps)
        if hasattr(self, "mlp"):
            return self.mlp(x)
        return self.ista(x) if hasattr(self, "ista") else x


class CratePreTrainedModel(PreTrainedModel):
    config_class = CrateConfig
    base_model_prefix = "model"
    _no_split_modules = ["CrateLayer"]
    _supports_sdpa = True
    _supports_cache_class = True

    def activations(self):
        """The modules whose outputs are activations, by the names of crate-lm's docs/activations.md.

        `model.activations()["layers.0.ista.code"].register_forward_hook(hook)` reads or changes the codes of a layer.
        """
        named = ((name.removeprefix("model."), module) for name, module in self.named_modules())
        return {
            name: module
            for name, module in named
            if isinstance(module, Activation) or name in ("embedding_norm", "final_norm")
        }

    def setting(self, name, value):
        """What the caller says, or else the configuration."""
        return getattr(self.config, name, name == "return_dict") if value is None else value

    def _init_weights(self, module):
        if isinstance(module, (nn.Linear, nn.Embedding)):
            nn.init.normal_(module.weight, std=self.config.initializer_range)
            if getattr(module, "bias", None) is not None:
                nn.init.zeros_(module.bias)
        elif isinstance(module, nn.LayerNorm):
            nn.init.ones_(module.weight)
            nn.init.zeros_(module.bias)
        elif isinstance(module, CrateISTA):
            for dictionary in module.parameters(recurse=False):
                nn.init.kaiming_uniform_(dictionary)


class CrateModel(CratePreTrainedModel):
    """Embeddings, layers and, if the architecture has one, the last norm."""

    def __init__(self, config):
        super().__init__(config)
        width = config.hidden_size
        self.token_embedding = nn.Embedding(config.vocab_size, width)
        self.position_embedding = nn.Embedding(config.position_offset + config.max_position_embeddings, width)
        if config.objective == "masked":
            self.token_type_embedding = nn.Embedding(2, width)
            self.embedding_norm = nn.LayerNorm(width, eps=EMBEDDING_EPSILON)
        self.embedding = Activation()
        self.layers = nn.ModuleList(CrateLayer(config, layer) for layer in range(config.num_hidden_layers))
        if config.architecture != "crate" and not is_bert(config):
            self.final_norm = layer_norm(config)
        self.post_init()

    def get_input_embeddings(self):
        return self.token_embedding

    def set_input_embeddings(self, value):
        self.token_embedding = value

    def forward(
        self,
        input_ids=None,
        attention_mask=None,
        token_type_ids=None,
        position_ids=None,
        inputs_embeds=None,
        past_key_values=None,
        use_cache=None,
        output_attentions=None,
        output_hidden_states=None,
        return_dict=None,
        **kwargs,
    ):
        """attention_mask is [sequences, cached and new tokens]; position_ids count from 0.

        attentions are the weights of each layer, [sequences, heads, queries, keys]; hidden_states the stream before
        the first and behind every layer, the last one behind the last norm, if there is one.
        """
        if (input_ids is None) == (inputs_embeds is None):
            raise ValueError("give either input_ids or inputs_embeds")
        x = self.token_embedding(input_ids) if inputs_embeds is None else inputs_embeds
        use_cache = self.config.use_cache if use_cache is None else use_cache
        if self.config.objective == "masked":
            past_key_values = None
        elif use_cache and past_key_values is None:
            past_key_values = DynamicCache()
        past = 0 if past_key_values is None else past_key_values.get_seq_length()
        position_ids = self.positions(x, attention_mask, past) if position_ids is None else position_ids
        if int(position_ids.max()) >= self.config.max_position_embeddings:
            raise ValueError(
                f"{int(position_ids.max()) + 1} tokens exceed the context of {self.config.max_position_embeddings}"
            )
        x = x + self.position_embedding(position_ids + self.config.position_offset)
        if self.config.objective == "masked":
            if token_type_ids is None:
                token_type_ids = torch.zeros(x.shape[:2], dtype=torch.long, device=x.device)
            x = self.embedding_norm(self.embedding(x + self.token_type_embedding(token_type_ids)))
        else:
            x = self.embedding(x)
        mask = self.mask(x, attention_mask, past)
        maps = [] if self.setting("output_attentions", output_attentions) else None
        hidden_states = [x]
        for layer in self.layers:
            x = layer(x, mask, past_key_values, maps)
            hidden_states.append(x)
        if hasattr(self, "final_norm"):
            x = self.final_norm(x)
            hidden_states[-1] = x
        shows_states = self.setting("output_hidden_states", output_hidden_states)
        output = BaseModelOutputWithPast(
            last_hidden_state=x,
            past_key_values=past_key_values if use_cache else None,
            hidden_states=tuple(hidden_states) if shows_states else None,
            attentions=None if maps is None else tuple(maps),
        )
        return output if self.setting("return_dict", return_dict) else output.to_tuple()

    def positions(self, x, attention_mask, past):
        """The positions of the tokens in their sequences, without padding on either side."""
        if attention_mask is None:
            return torch.arange(past, past + x.shape[1], device=x.device)[None].expand(x.shape[:2])
        return (attention_mask.long().cumsum(-1) - 1).clamp(min=0)[:, -x.shape[1]:]

    def mask(self, x, attention_mask, past):
        """The addend of the scores: the lowest number if a token does not see another, else 0."""
        count = past + x.shape[1]
        visible = torch.ones(x.shape[1], count, dtype=torch.bool, device=x.device)
        if self.config.objective == "causal":
            visible = visible.tril(past)
        visible = visible[None, None]
        if attention_mask is not None:
            visible = visible & attention_mask[:, None, None, :count].bool()
        lowest = torch.finfo(x.dtype).min
        return torch.zeros(visible.shape, dtype=x.dtype, device=x.device).masked_fill(~visible, lowest)


class CrateForCausalLM(CratePreTrainedModel, GenerationMixin):
    """The model with its tied head; predicts each token from those before it."""

    _tied_weights_keys = {"lm_head.weight": "model.token_embedding.weight"}

    def __init__(self, config):
        super().__init__(config)
        if config.objective != "causal":
            raise ValueError("this model is masked; load it with AutoModelForMaskedLM")
        self.model = CrateModel(config)
        self.head = nn.ModuleDict({"input": Activation()})
        self.lm_head = nn.Linear(config.hidden_size, config.vocab_size, bias=False)
        self.post_init()

    def get_output_embeddings(self):
        return self.lm_head

    def set_output_embeddings(self, value):
        self.lm_head = value

    def forward(
        self,
        input_ids=None,
        attention_mask=None,
        position_ids=None,
        inputs_embeds=None,
        past_key_values=None,
        labels=None,
        use_cache=None,
        output_attentions=None,
        output_hidden_states=None,
        return_dict=None,
        logits_to_keep=0,
        **kwargs,
    ):
        """labels are the input ids, shifted here; the loss leaves out -100."""
        output = self.model(
            input_ids,
            attention_mask=attention_mask,
            position_ids=position_ids,
            inputs_embeds=inputs_embeds,
            past_key_values=past_key_values,
            use_cache=use_cache,
            output_attentions=output_attentions,
            output_hidden_states=output_hidden_states,
            return_dict=True,
        )
        kept = slice(-logits_to_keep, None) if isinstance(logits_to_keep, int) else logits_to_keep
        logits = self.lm_head(self.head["input"](output.last_hidden_state[:, kept]))
        loss = None
        if labels is not None:
            loss = self.loss_function(logits, labels, vocab_size=self.config.vocab_size, **kwargs)
        output = CausalLMOutputWithPast(
            loss=loss,
            logits=logits,
            past_key_values=output.past_key_values,
            hidden_states=output.hidden_states,
            attentions=output.attentions,
        )
        return output if self.setting("return_dict", return_dict) else output.to_tuple()


class CrateHead(nn.Module):
    """The map of a masked model before its tied head."""

    def __init__(self, config):
        super().__init__()
        self.transform = nn.Linear(config.hidden_size, config.hidden_size)
        self.norm = nn.LayerNorm(config.hidden_size, eps=EMBEDDING_EPSILON)
        self.input = Activation()

    def forward(self, x):
        return self.input(self.norm(F.gelu(self.transform(x))))


class CrateForMaskedLM(CratePreTrainedModel):
    """The model with its head; predicts hidden tokens from those on both sides."""

    _tied_weights_keys = {"lm_head.weight": "model.token_embedding.weight"}

    def __init__(self, config):
        super().__init__(config)
        if config.objective != "masked":
            raise ValueError("this model is causal; load it with AutoModelForCausalLM")
        self.model = CrateModel(config)
        self.head = CrateHead(config)
        self.lm_head = nn.Linear(config.hidden_size, config.vocab_size)
        self.post_init()

    def get_output_embeddings(self):
        return self.lm_head

    def set_output_embeddings(self, value):
        self.lm_head = value

    def forward(
        self,
        input_ids=None,
        attention_mask=None,
        token_type_ids=None,
        position_ids=None,
        inputs_embeds=None,
        labels=None,
        output_attentions=None,
        output_hidden_states=None,
        return_dict=None,
        **kwargs,
    ):
        """labels hold the hidden ids at predicted positions and -100 elsewhere."""
        output = self.model(
            input_ids,
            attention_mask=attention_mask,
            token_type_ids=token_type_ids,
            position_ids=position_ids,
            inputs_embeds=inputs_embeds,
            output_attentions=output_attentions,
            output_hidden_states=output_hidden_states,
            return_dict=True,
        )
        logits = self.lm_head(self.head(output.last_hidden_state))
        loss = None
        if labels is not None:
            loss = self.loss_function(logits, labels, vocab_size=self.config.vocab_size, **kwargs)
        output = MaskedLMOutput(
            loss=loss, logits=logits, hidden_states=output.hidden_states, attentions=output.attentions
        )
        return output if self.setting("return_dict", return_dict) else output.to_tuple()
