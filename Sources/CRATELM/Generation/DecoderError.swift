/// A wrong use of a decoder.
public enum DecoderError: Error, Equatable, CustomStringConvertible {
  /// Every slot has a text.
  case noFreeSlot(capacity: Int)
  /// A draft has ended, belongs to another decoder, or was given twice.
  case notAtWork

  /// One sentence with the remedy.
  public var description: String {
    switch self {
    case .noFreeSlot(let capacity):
      "The decoder has \(capacity) slots and a text in each; end one, or make a larger decoder."
    case .notAtWork:
      "A draft has ended, is another decoder's or was named twice; advance each that goes on once."
    }
  }
}
