import Storage

/// The place of an activation in a file: sequence after sequence.
struct ActivationPlace {
  /// The offset of the first sequence, in bytes of the file.
  let start: Int
  /// The bytes of a sequence.
  let sequenceByteCount: Int

  /// The offset of the sequence `sequence`.
  func offset(of sequence: Int) -> Int { start + sequence * sequenceByteCount }
}

/// Writes activations to their places in a file as a pass computes them.
final class ActivationWriter: Instruments, @unchecked Sendable {
  let observesActivations = true
  private let file: OutputFile
  private let places: [ActivationName: ActivationPlace]
  /// P of all heads of a layer, `[sequences · heads · queries, keys]`; `nil` if it is not wanted.
  private let weights: (buffer: Buffer, slot: Slot, headCount: Int)?
  /// The layer's weights that the pass computes or has computed, not yet written.
  private var begun: ActivationName?
  /// The sequences of the pass.
  private var sequences = 0..<0
  /// The first failure of a write, after which nothing is written.
  private var failure: FileError?

  /// - Parameters:
  ///   - file: the file.
  ///   - places: the places of the wanted activations.
  ///   - shape: the shape of the largest pass.
  ///   - headCount: the heads of attention, if its weights are wanted.
  /// - Throws: ``OutOfMemory``.
  init(
    _ file: OutputFile, _ places: [ActivationName: ActivationPlace], shape: BatchShape,
    weightsOf headCount: Int?
  ) throws(OutOfMemory) {
    (self.file, self.places) = (file, places)
    guard let headCount else {
      weights = nil
      return
    }
    var layout = Layout()
    let slot = layout.reserve(shape.tokens * headCount, shape.context)
    weights = (try Buffer(layout), slot, headCount)
  }

  /// Begins a pass over the sequences `sequences`.
  func begin(_ sequences: Range<Int>) { self.sequences = sequences }

  /// Ends a pass.
  ///
  /// - Throws: `FileError` if a write failed.
  func finish() throws(FileError) {
    writeWeights()
    if let failure { throw failure }
  }

  func produced(_ name: ActivationName, _ values: Matrix) {
    writeWeights()
    if let place = places[name] { write(values, to: place) }
  }

  func attentionWeights(
    _ name: ActivationName, sequence: Int, head: Int, queries: Int, keys: Int
  ) -> Matrix? {
    guard let weights, places[name] != nil else { return nil }
    begun = name
    return weights.buffer[weights.slot]
      .group(sequence * weights.headCount + head, of: queries).columns(0..<keys)
  }

  /// Writes the weights that the pass has computed meanwhile.
  private func writeWeights() {
    guard let name = begun, let weights, let place = places[name] else { return }
    begun = nil
    let P = weights.buffer[weights.slot]
    write(P.rows(0..<sequences.count * weights.headCount * P.columns), to: place)
  }

  private func write(_ values: Matrix, to place: ActivationPlace) {
    guard failure == nil else { return }
    do {
      try unsafe values.withBytes { (bytes) throws(FileError) in
        precondition(bytes.count == sequences.count * place.sequenceByteCount)
        try unsafe file.write(bytes, at: place.offset(of: sequences.lowerBound))
      }
    } catch {
      failure = error
    }
  }
}
