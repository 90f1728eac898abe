/// The text that each position of a mixture is read from.
///
/// Of the first n positions, text 0 has ⌊n·share + phase⌋, and the rest is divided in the same way
/// among the others. So every stretch of positions has the shares as nearly as whole numbers allow,
/// and text and place follow from the position alone. The seed draws the phases.
package struct MixtureOrder {
  /// The division between a text and those after it: `part` of `whole` positions are its own.
  private struct Division {
    let part: UInt128
    let whole: UInt128
    let phase: UInt128

    /// The positions of the text among the first `count`.
    func count(in count: Int) -> Int { Int((UInt128(count) * part + phase) / whole) }
  }

  private var divisions: [Division] = []

  /// The order of texts whose shares are proportional to `parts`, which are positive.
  package init(parts: [Int], seed: UInt64) {
    for index in parts.indices.dropLast() {
      let whole = parts[index...].reduce(0, +)
      var generator = SplitMix64(seed: seed, stream: "mixture", index)
      divisions.append(
        Division(
          part: UInt128(parts[index]), whole: UInt128(whole),
          phase: UInt128(generator.integer(below: whole))))
    }
  }

  /// The text at `position`, and the number of earlier positions that are also its own.
  package subscript(position: Int) -> (source: Int, place: Int) {
    var rest = position
    for (source, division) in divisions.enumerated() {
      let before = division.count(in: rest)
      if division.count(in: rest + 1) > before { return (source, before) }
      rest -= before
    }
    return (divisions.count, rest)
  }
}

/// Hands out windows of a mixture for training, each text in an order of its own.
package struct MixtureLoader {
  private var loaders: [BatchLoader]
  private let order: MixtureOrder

  /// A loader of the windows that `examples` makes of the training splits.
  ///
  /// - Throws: ``DataError/splitTooShort(_:_:tokens:contextLength:)`` for a text without a window.
  package init(
    _ mixture: Mixture, seed: UInt64, starts: WindowStarts = .drawn, examples: any Examples
  ) throws(DataError) {
    var loaders: [BatchLoader] = []
    for (number, source) in mixture.sources.enumerated() {
      loaders.append(
        try BatchLoader(
          split: source.data.train,
          order: .shuffled(seed: seed, number: number, starts: starts), examples: examples))
    }
    self.loaders = loaders
    order = MixtureOrder(parts: mixture.parts(in: examples), seed: seed)
  }

  /// Appends the windows at `positions` to `batch`, one after the other.
  ///
  /// - Throws: as ``BatchLoader/append(_:to:)``.
  package mutating func append(_ positions: Range<Int>, to batch: inout Batch) throws {
    for position in positions {
      let (source, place) = order[position]
      try loaders[source].append(windowAt: place, position: position, to: &batch)
    }
  }
}
