extension Objective {
  /// Predict each token from those before it.
  public static let causal = Objective(
    rawValue: "causal", purpose: "predicts what comes next", attention: .causal, frame: .none,
    head: .tied, examples: .successors,
    shapes: PublishedShapes(
      small: ModelPreset.Shape(depth: 6, width: 768, headCount: 12, contextLength: 1024),
      base: ModelPreset.Shape(depth: 12, width: 768, headCount: 12, contextLength: 1024),
      large: ModelPreset.Shape(depth: 36, width: 1280, headCount: 20, contextLength: 1024)))
}

/// Examples that predict the successor of every token.
///
/// Window w reads the tokens w·T ... w·T + T of the stream: T inputs and, one token later, their T
/// targets. Up to T tokens at the end belong to no window.
package struct Successors: Examples {
  package let contextLength: Int
  package let predictText = true

  /// - Precondition: `contextLength` is positive.
  package init(contextLength: Int) {
    precondition(contextLength > 0, "a context of \(contextLength) tokens")
    self.contextLength = contextLength
  }

  package func windowCount(of tokenCount: Int) -> Int { max(0, tokenCount - 1) / contextLength }

  package func tokens(ofWindow window: Int, in tokenCount: Int) -> Range<Int> {
    window * contextLength..<(window + 1) * contextLength + 1
  }

  package mutating func append(_ ids: inout [Int32], position: Int, to batch: inout Batch) {
    for place in 0..<contextLength { batch.predict(ids[place + 1], at: place) }
    batch.append(ids.dropLast(), position: position)
  }
}
