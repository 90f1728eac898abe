import Parallel
import Storage
public import SystemPackage

/// A safetensors file with activations of a model on sequences.
///
/// It is written while the passes run, so that memory does not grow with the number of sequences.
/// Its first tensor, `token_ids`, `[sequences, tokens]`, holds the sequences; every other one is an
/// activation under its name, `[sequences, tokens, width]`, or attention weights, `[sequences,
/// heads, queries, keys]`.
public struct ActivationFile {
  /// The name and the shape of a tensor.
  public typealias Content = (name: String, shape: [Int])

  /// The name of the tensor with the sequences.
  public static let idsName = "token_ids"

  private let selection: ActivationSelection
  private let sequences: TokenSequences
  private let header: SafeTensorsHeader
  private let serializedHeader: [UInt8]

  /// The most attention weights of a layer that are in memory at once, but at least those of a
  /// sequence.
  private static let weightBudget = 1 << 24

  /// Plans the file.
  ///
  /// - Parameters:
  ///   - selection: the activations, and their model.
  ///   - sequences: a sequence or more, at most as long as the model's context.
  ///   - metadata: free text for the header, beside `format`, `architecture`, `objective`, `layers`
  ///     and `heads`.
  /// - Throws: ``ConfigurationError`` for no sequences, or ones longer than the context.
  public init(
    _ selection: ActivationSelection, of sequences: TokenSequences,
    metadata: [(key: String, value: String)] = []
  ) throws(ConfigurationError) {
    let shape = selection.model.configuration
    guard sequences.count > 0, sequences.length <= shape.contextLength else {
      throw ConfigurationError(
        """
        There are \(sequences.count.counting("sequence")) of \
        \(sequences.length.counting("token")); expected at least one, of at most \
        \(shape.contextLength.counting("token")), the model's context.
        """)
    }
    (self.selection, self.sequences) = (selection, sequences)
    let size = [sequences.count, sequences.length]
    header = SafeTensorsHeader(
      [StoredTensor(name: Self.idsName, type: .int32, shape: size)]
        + selection.activations.map { activation in
          let shape =
            switch activation.extent {
            case .vector(let width): size + [width]
            case .keys(let headCount): [size[0], headCount, size[1], size[1]]
            }
          return StoredTensor(name: activation.name.description, type: .float32, shape: shape)
        },
      metadata: [
        ("format", "crate-lm activations 1"), ("architecture", shape.architecture.rawValue),
        ("objective", shape.objective.rawValue), ("layers", "\(shape.depth)"),
        ("heads", "\(shape.headCount)"),
      ] + metadata)
    serializedHeader = header.serialized()
  }

  /// The tensors, in the order of the file.
  public var contents: [Content] { header.entries.map { ($0.name, $0.shape) } }

  /// The size of the file.
  public var byteCount: Int {
    serializedHeader.count + (header.entries.last?.range.upperBound ?? 0)
  }

  /// Writes the file to `path`, where it appears when it is complete, and replaces one there.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - threads: the number of threads, which changes no bit; `nil` for one per processor.
  ///   - progress: called with the number of sequences done; may throw to stop.
  /// - Throws: `FileError`, `.noSpace` before anything is written; ``ConfigurationError`` for an id
  ///   outside the vocabulary, ``OutOfMemory``; the errors of the sequences and of `progress`.
  public func write(
    to path: FilePath, threads: Int? = nil, progress: (_ done: Int) throws -> Void = { _ in }
  ) throws {
    let available = try FileSystem.availableByteCount(at: path)
    guard available >= byteCount else {
      throw FileError.noSpace(
        path, needed: byteCount, available: available,
        remedy: "make room, or choose fewer activations or tokens")
    }
    let (workers, model) = (Workers(threads: try Workers.count(threads)), selection.model)
    model.parameters.foldOnce { model.fold(workers: workers) }
    try FileContents.make(path) { file in
      try unsafe serializedHeader.withUnsafeBytes { try unsafe file.write($0, at: 0) }
      try write(to: file, workers, progress)
    }
  }

  /// The sequences that pass through the network at once.
  private var countAtOnce: Int {
    var count = LanguageModel.analyzedTokensAtOnce / sequences.length
    if let heads = weightHeadCount {
      count = min(count, Self.weightBudget / (heads * sequences.length * sequences.length))
    }
    return min(sequences.count, max(1, count))
  }

  /// The number of heads, if attention weights are wanted.
  private var weightHeadCount: Int? {
    selection.activations.lazy.compactMap { activation in
      if case .keys(let headCount) = activation.extent { headCount } else { nil }
    }.first
  }

  private func write(
    to file: OutputFile, _ workers: Workers, _ progress: (Int) throws -> Void
  ) throws {
    let (length, atOnce) = (sequences.length, countAtOnce)
    let writer = try ActivationWriter(
      file, places, shape: BatchShape(sequences: atOnce, context: length),
      weightsOf: weightHeadCount)
    func makeNetwork(_ count: Int) throws(OutOfMemory) -> Network {
      try Network(
        selection.model, shape: BatchShape(sequences: count, context: length), purpose: .inference,
        workers: workers, instruments: writer)
    }
    var network = try makeNetwork(atOnce)
    for first in stride(from: 0, to: sequences.count, by: atOnce) {
      let range = first..<min(first + atOnce, sequences.count)
      if range.count < atOnce { network = try makeNetwork(range.count) }
      let ids = try sequences[range].flatMap(\.self)
      try selection.model.require(ids)
      try write(ids, ofSequence: first, to: file)
      writer.begin(range)
      // The head's input is computed where a token is predicted; which one changes nothing.
      network.observe(
        Batch(inputs: ids, targets: ids, contextLength: length),
        through: selection.activations.last?.name)
      try writer.finish()
      try progress(range.upperBound)
    }
  }

  private func write(_ ids: [Int32], ofSequence first: Int, to file: OutputFile) throws {
    let offset = place(of: header.entries[0]).offset(of: first)
    try unsafe ids.withUnsafeBytes { try unsafe file.write($0, at: offset) }
  }

  private var places: [ActivationName: ActivationPlace] {
    Dictionary(
      uniqueKeysWithValues: zip(selection.activations, header.entries.dropFirst()).map {
        ($0.name, place(of: $1))
      })
  }

  private func place(of entry: SafeTensorsHeader.Entry) -> ActivationPlace {
    ActivationPlace(
      start: serializedHeader.count + entry.range.lowerBound,
      sequenceByteCount: entry.range.count / sequences.count)
  }
}
