import CRATELM
import TextModels
import Tokenizer

/// The way the texts after prompts are shown.
struct SampleStyle {
  /// The destination of samples.
  enum Output {
    /// To standard output, as they grow.
    case stream
    /// To standard output, each whole and under a line with its number.
    case numbered
    /// Nowhere; the session keeps them.
    case none
  }

  /// Whether the prompt stands before its samples.
  let echoes: Bool
  /// The destination of samples.
  let output: Output
}

extension Completion {
  /// The fields of the text for `--json`; `echo`, the prompt or nothing, stands before it.
  func fields(prompt: Int, echo: String, _ tokenizer: any TextTokenizer) -> JSONFields {
    let fields: JSONFields = [
      "prompt": prompt, "text": echo + text, "ids": tokens.map(\.id),
      "finish_reason": finishReason?.rawValue,
    ]
    let judged = tokens.compactMap { $0.fields(tokenizer) }
    return judged.isEmpty ? fields : fields + ["logprobs": judged]
  }
}

extension GeneratedToken {
  /// The token's log-probability and its alternatives; `nil` without `--logprobs`.
  fileprivate func fields(_ tokenizer: any TextTokenizer) -> JSONFields? {
    func fields(_ id: TokenID, _ logProbability: Double) -> JSONFields {
      ["id": id, "token": tokenizer.written(id), "logprob": logProbability]
    }
    return judgement.map { judgement in
      fields(id, judgement.logProbability) + [
        "top": judgement.alternatives.map { fields($0.id, $0.logProbability) }
      ]
    }
  }
}
