/// How a text is cut into passages for its perplexity; T is the context, of a masked model without
/// the two tokens around a sequence.
public enum EvaluationProtocol: Hashable, Sendable {
  /// Every document by itself, every token once: the rolling windows of lm-evaluation-harness.
  ///
  /// A causal model reads the prefix token, then windows of T predictions follow one another, each
  /// after one token of context; the last is moved back to be full. A masked model's windows are T
  /// tokens, the last moved back likewise.
  case document
  /// Every document by itself in windows of T tokens, each `stride` tokens after the one before;
  /// of each window the tokens are scored that no window before it had, as in transformers' guide
  /// to perplexity. The first token of a document has no score from a causal model.
  case sliding(stride: Int)
  /// One stream of all documents, each with the token that ends it, in windows of T predictions as
  /// in training. What fills no window at the end is left out; a masked model scores it.
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
