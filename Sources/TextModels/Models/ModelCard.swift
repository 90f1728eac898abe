public import CRATELM
public import Storage
import SystemPackage

/// The description of an exported model that model hubs show.
///
/// It says what the model is, how it was trained, and how to use it, and names no directory of this
/// machine.
public struct ModelCard {
  /// The name of the file.
  public static let fileName = "README.md"

  private let model: ModelConfiguration
  private let training: TrainingRecord?
  private let state: TrainingState?
  private let tokenizer: Fingerprint

  /// The card of the model `stored`.
  ///
  /// - Parameters:
  ///   - stored: the model.
  ///   - tokenizer: the identity of its tokenizer.
  /// - Throws: `FileError`, `CheckpointError` for a run whose newest checkpoint cannot be read.
  public init(_ stored: StoredModel, tokenizer: Fingerprint) throws {
    (model, training, self.tokenizer) = (stored.model, stored.training, tokenizer)
    state = try training == nil ? nil : stored.checkpoint()?.state()
  }

  private var isCausal: Bool { model.objective.attention == .causal }

  /// The text in Markdown, with the metadata of the hub before it.
  public var text: String {
    """
    ---
    library_name: transformers
    pipeline_tag: \(isCausal ? "text-generation" : "fill-mask")
    tags: [crate-lm, \(model.architecture.rawValue)]
    ---

    # A \(model.architecture.rawValue) language model

    | | |
    |---|---|
    \(rows.map { "| \($0.0) | \($0.1) |" }.joined(separator: "\n"))

    The model comes from crate-lm, which reads it back with `crate-lm import`. In Python:

    ```python
    from transformers import \(autoClass), AutoTokenizer

    model = \(autoClass).from_pretrained("PATH", trust_remote_code=True)
    tokenizer = AutoTokenizer.from_pretrained("PATH")
    ```

    Add what a reader should know besides: the text it learnt from, its licence, and what the model
    is good and bad at.

    """
  }

  private var autoClass: String { isCausal ? "AutoModelForCausalLM" : "AutoModelForMaskedLM" }

  private var rows: [(String, String)] {
    var rows = [
      (
        "layers",
        "\(model.depth), of width \(model.width) with "
          + "\(model.headCount.counting("head"))"
      ),
      ("vocabulary", "\(model.vocabularySize.counting("entry"))"),
      ("context", "\(model.contextLength.counting("token"))"),
      ("parameters", "\(LanguageModel.parameterCount(model))"),
      ("tokenizer (SHA-256)", "`\(tokenizer)`"),
    ]
    if let plan = training?.configuration {
      rows.append(
        (
          "batch",
          "\(plan.batch.counting("sequence")) of "
            + "\(model.contextLength.counting("token"))"
        ))
      rows.append(("seed", "\(plan.seed)"))
    }
    for data in training?.data ?? [] {
      rows.append(("data (fingerprint)", "`\(data.dataFingerprint)`"))
    }
    if let state {
      rows.append(("trained", "\(state.step.counting("step")), \(state.tokens.counting("token"))"))
      if let best = state.best {
        rows.append(
          ("lowest validation loss", "\(best.loss) nats per token, after step \(best.step)"))
      }
    }
    return rows
  }
}
