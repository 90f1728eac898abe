import CRATELM
import TextModels
import Tokenizer

/// How the texts after prompts are shown.
struct SampleStyle {
  /// Where samples go.
  enum Output {
    /// To standard output, as they grow.
    case stream
    /// To standard output, each whole and under a line with its number.
    case numbered
    /// Nowhere; what they are is asked for.
    case none
  }

  /// Whether the prompt stands before its samples.
  let echoes: Bool
  /// Where samples go.
  let output: Output
}

extension Completion {
  /// What `--json` says of the text, which stands after `echo`, the prompt or nothing.
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
  /// How probable the token was, and what else might have been written; `nil` if nobody asked.
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
