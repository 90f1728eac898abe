/// The cut of a text into passages for its perplexity; T is the context, for a masked model without
/// the two special tokens of a sequence.
public enum EvaluationProtocol: Hashable, Sendable {
  /// Every document by itself, every token once: the rolling windows of lm-evaluation-harness.
  ///
  /// A causal model reads the prefix token, then windows of T predictions follow one another, each
  /// after one token of context; the last moves back until it is full. A masked model has windows
  /// of T tokens; the last moves back too.
  case document
  /// Every document by itself in windows of T tokens, each `stride` tokens after the one before. A
  /// window scores the tokens that are new in it, as in the perplexity guide of transformers. A
  /// causal model does not score the first token of a document.
  case sliding(stride: Int)
  /// One stream of all documents, each with the token that ends it, in windows of T predictions as
  /// in training. A causal model leaves out an incomplete last window; a masked model scores it.
  case chunk

  /// The name of the protocol.
  public var name: String {
    switch self {
    case .document: "document"
    case .sliding: "sliding"
    case .chunk: "chunk"
    }
  }
}
