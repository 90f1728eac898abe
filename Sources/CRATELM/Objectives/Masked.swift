extension Objective {
  /// Predict hidden tokens from those on both sides (Devlin and others 2019, arXiv:1810.04805).
  public static let masked = Objective(
    rawValue: "masked", purpose: "fills masks", attention: .bidirectional,
    frame: .beginningAndEnd, head: .transformed, examples: .hiddenTokens,
    shapes: PublishedShapes(
      small: ModelPreset.Shape(depth: 8, width: 512, headCount: 8, contextLength: 512),
      base: ModelPreset.Shape(depth: 12, width: 768, headCount: 12, contextLength: 512),
      large: ModelPreset.Shape(depth: 24, width: 1024, headCount: 16, contextLength: 512)))
}

/// Examples that predict hidden tokens.
///
/// Window w is w·t ..< (w + 1)·t of the stream; t is the context without the two special tokens of
/// a sequence. The last window may be shorter.
package struct HiddenTokens: Examples {
  package let contextLength: Int
  package let predictText = false
  private let frame: SequenceFrame
  private let windowLength: Int
  private var masking: TokenMasking

  /// - Precondition: `contextLength` has room for a token in the frame.
  package init(contextLength: Int, masking: TokenMasking) {
    self.contextLength = contextLength
    self.masking = masking
    frame = masking.vocabulary.frame
    windowLength = contextLength - frame.tokenCount
    precondition(windowLength > 0, "a context of \(contextLength) tokens")
  }

  package func windowCount(of tokenCount: Int) -> Int {
    (tokenCount + windowLength - 1) / windowLength
  }

  package func tokens(ofWindow window: Int, in tokenCount: Int) -> Range<Int> {
    window * windowLength..<min((window + 1) * windowLength, tokenCount)
  }

  package mutating func append(_ ids: inout [Int32], position: Int, to batch: inout Batch) {
    let start = frame.textStart
    masking.hide(&ids, position: position) { batch.predict($1, at: start + $0) }
    batch.append(ids, in: frame, position: position)
  }
}
