/// Chooses what goes to the validation split: the fraction asked for of all tokens, spread over the
/// text, from one window of it to the next.
struct HeldOutChoice {
  let fraction: Double
  let seed: UInt64
  /// Tokens that were divided, and those of them that were held out.
  private var (total, heldOut) = (0, 0)
  private var window = 0

  init(fraction: Double, seed: UInt64) {
    self.fraction = fraction
    self.seed = seed
  }

  /// The tokens to hold out once `count` more are divided.
  private func needed(with count: Int) -> Double {
    Double(total + count) * fraction - Double(heldOut)
  }

  private mutating func generator() -> SplitMix64 {
    defer { window += 1 }
    return SplitMix64(seed: seed, stream: "held-out text", window)
  }

  /// The passage to hold out of the next `count` tokens, with which the fraction is met; at least a
  /// token of the first ones.
  mutating func passage(of count: Int) -> Range<Int> {
    let least = total == 0 && count > 1 ? 1 : 0
    let length = min(max(Int(needed(with: count).rounded()), least), count)
    var generator = generator()
    let start = generator.integer(below: count - length + 1)
    total += count
    heldOut += length
    return start..<start + length
  }

  /// The splits of the next documents, which have `lengths`.
  ///
  /// Documents are held out in an order by chance: while one of mean length brings the size nearer
  /// to the one asked for, without regard to their own lengths, so that long ones are held out as
  /// often as short ones; of the last window, those that bring it nearer themselves.
  mutating func splits(of lengths: [Int], isLast: Bool) -> [Split] {
    let count = lengths.reduce(0, +)
    var need = needed(with: count)
    var splits = [Split](repeating: .train, count: lengths.count)
    var generator = generator()
    var order = Array(lengths.indices)
    for place in order.indices.reversed() {
      order.swapAt(place, generator.integer(below: place + 1))
    }
    let mean = Double(count) / Double(max(1, lengths.count))
    for index in order where (isLast ? Double(lengths[index]) : mean) < 2 * need {
      splits[index] = .validation
      need -= Double(lengths[index])
      heldOut += lengths[index]
    }
    total += count
    return splits
  }

  /// The split of a document of which `count` tokens are known and more are to come: held out if
  /// that brings the size nearer to the one asked for.
  func split(ofLongDocument count: Int) -> Split {
    fraction > 0 && needed(with: count) > Double(count) / 2 ? .validation : .train
  }

  /// Counts tokens that went to `split` by ``split(ofLongDocument:)``.
  mutating func count(_ tokens: Int, in split: Split) {
    total += tokens
    if split == .validation { heldOut += tokens }
  }
}
