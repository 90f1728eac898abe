import Storage
import SystemPackage

extension Checkpoint {
  /// The content of `manifest.json`.
  struct Manifest: Record {
    /// Since version 2 a checkpoint holds the configuration and the tokenizer.
    static let formatVersion = 2
    static let oldestVersion = 1

    var step: Int
    var files: [String: FileSummary]
  }

  /// Checks that every file has the size and the checksum of the manifest.
  ///
  /// - Throws: ``CheckpointError`` or `FileError` with the first bad file and its bytes.
  public func verify() throws {
    let record = try readManifest()
    for part in Part.allCases
    where Part.first.contains(part) || record.files[part.rawValue] != nil {
      try verify(part, by: record)
    }
  }

  /// Whether the manifests of both have the same weights.
  func hasSameWeights(as other: Checkpoint) throws -> Bool {
    try readManifest().files[Part.weights.rawValue]
      == other.readManifest().files[Part.weights.rawValue]
  }

  /// The manifest; its own checksum is verified.
  func readManifest() throws -> Manifest {
    let record = try CheckpointError.owning {
      try RecordFile.read(Manifest.self, from: manifest)
    }
    guard record.step == step else {
      throw CheckpointError.foreign(
        manifest, reason: "it is of step \(record.step), its directory of step \(step)")
    }
    return record
  }

  private func verify(_ part: Part, by record: Manifest) throws {
    let file = file(part)
    guard let expected = record.files[part.rawValue] else {
      throw CheckpointError.foreign(manifest, reason: "it does not list \(part.rawValue)")
    }
    let found = try FileSummary.read(file)
    guard found != expected else { return }
    let (least, most) = (
      min(found.byteCount, expected.byteCount), max(found.byteCount, expected.byteCount)
    )
    guard least == most else {
      throw CheckpointError.damaged(
        Damage(
          file, at: least..<most,
          reason: "it has \(found.byteCount.counting("byte")), the manifest says "
            + "\(expected.byteCount)"))
    }
    // The files' own checksums locate the damage.
    switch part {
    case .weights, .optimizer:
      try CheckpointError.owning { _ = try SafeTensorsReader(file).verify() }
    case .state, .configuration, .tokenizer: break
    }
    throw CheckpointError.damaged(
      Damage(
        file, at: 0..<found.byteCount,
        reason: "their SHA-256 is \(found.sha256), the manifest has \(expected.sha256)"))
  }

  /// Writes `snapshot` of `model` to `directory` and makes every file durable, the manifest last.
  static func write(
    _ snapshot: Snapshot, of model: Description, to directory: FilePath
  ) throws {
    func file(_ part: Part) -> FilePath { directory.appending(part.rawValue) }
    var manifest = Manifest(step: snapshot.position.step, files: [:])
    manifest.files[Part.weights.rawValue] = try TensorFile.write(
      [snapshot.part], to: file(.weights), metadata: [("format", "pt")])
    manifest.files[Part.optimizer.rawValue] = try TensorFile.write(
      snapshot.moments.map(\.part), to: file(.optimizer), metadata: [])
    for (part, bytes) in [
      (Part.state, try RecordFile.bytes(of: snapshot.position)),
      (.configuration, model.configuration), (.tokenizer, model.tokenizer),
    ] {
      try FileContents.write(bytes, to: file(part))
      manifest.files[part.rawValue] = try FileSummary.read(file(part))
    }
    try FileContents.write(
      RecordFile.bytes(of: manifest), to: directory.appending(Self.manifestName))
  }

  /// Reads parameters and moments of a verified checkpoint into the buffers of `snapshot`.
  ///
  /// - Returns: its position.
  /// - Throws: `FileError`, ``CheckpointError`` if it is not of this model.
  package func read(into snapshot: Snapshot) throws -> TrainingState {
    try TensorFile.read([snapshot.part], from: weights)
    try TensorFile.read(snapshot.moments.map(\.part), from: file(.optimizer))
    let position = try state()
    guard position.step == step, position.isPossible else {
      throw CheckpointError.foreign(
        file(.state),
        reason: "it is of step \(position.step) and \(position.tokens.counting("token")), the "
          + "directory of step \(step)")
    }
    return position
  }
}

extension Snapshot {
  fileprivate var part: TensorFile.Part {
    TensorFile.Part(prefix: "", layout: layout, buffer: parameters)
  }
}

extension Moment {
  fileprivate var part: TensorFile.Part {
    TensorFile.Part(prefix: "\(name).", layout: layout, buffer: buffer)
  }
}
