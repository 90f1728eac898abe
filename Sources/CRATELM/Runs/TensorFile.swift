import Storage
package import SystemPackage

/// Buffers with a model's layout, stored as safetensors under the names of their tensors.
package enum TensorFile {
  /// The tensors of one buffer.
  package struct Part {
    /// The beginning of its tensors' names, empty for parameters.
    let prefix: String
    let layout: Layout
    let buffer: Buffer

    package init(prefix: String = "", layout: Layout, buffer: Buffer) {
      (self.prefix, self.layout, self.buffer) = (prefix, layout, buffer)
    }
  }

  /// Writes the tensors of every part.
  ///
  /// - Parameters:
  ///   - parts: the buffers and their tensors.
  ///   - path: the file, created or replaced.
  ///   - metadata: free text for the header.
  ///   - name: maps the model's name of a tensor to its name in the file.
  /// - Returns: the file's size and checksum.
  /// - Throws: `FileError`.
  static func write(
    _ parts: [Part], to path: FilePath,
    metadata: [(key: String, value: String)], named name: (String) -> String = { $0 }
  ) throws -> FileSummary {
    func forEachTensor(_ body: (UnsafeRawBufferPointer) throws -> Void) rethrows {
      for part in parts {
        for tensor in part.layout.tensors {
          try unsafe part.buffer.withBytes(of: tensor.slot) { bytes in
            try unsafe body(UnsafeRawBufferPointer(bytes))
          }
        }
      }
    }
    let header = SafeTensorsHeader(
      parts.flatMap { part in
        part.layout.tensors.map {
          StoredTensor(name: part.prefix + name($0.name), type: .float32, shape: $0.shape)
        }
      }, metadata: metadata)
    var sealer = TensorSealer()
    unsafe forEachTensor { unsafe sealer.append($0) }
    let writer = try HashingWriter(path)
    try writer.write(header.sealed(sealer.seal).serialized())
    try unsafe forEachTensor { try unsafe writer.write($0) }
    return try writer.finish()
  }

  /// Fills the parts from the verified file at `path`, which must hold just their tensors.
  ///
  /// - Throws: ``CheckpointError/mismatch(_:problems:)`` with every missing, extra or misshapen
  ///   tensor, besides the reader's errors.
  package static func read(_ parts: [Part], from path: FilePath) throws {
    try CheckpointError.owning {
      let reader = try SafeTensorsReader(path)
      let entries = try matchedEntries(of: reader, parts.map { ($0.prefix, $0.layout) })
      for (part, entries) in zip(parts, entries) {
        try read(entries, of: reader, into: part.buffer, part.layout)
      }
    }
  }

  /// The parameters of a run in the file at `path`, which must hold exactly the tensors of `layout`
  /// and their checksums: mapped if they have the offsets of the layout, else read.
  ///
  /// Mapped floats are read from the file on use, so nobody may cut it short meanwhile; this
  /// program only ever replaces a file by another.
  ///
  /// - Throws: as ``read(_:from:)``, ``OutOfMemory``.
  static func map(_ layout: Layout, from path: FilePath) throws -> Buffer {
    try CheckpointError.owning {
      let reader = try SafeTensorsReader(path)
      try reader.requireSeal()
      let entries = try matchedEntries(of: reader, [("", layout)])[0]
      let liesAlike = zip(layout.tensors, entries).allSatisfy { tensor, entry in
        entry.range.lowerBound == tensor.slot.offset * MemoryLayout<Float>.stride
      }
      if liesAlike, let buffer = try reader.mappedFloats() { return buffer }
      try reader.verify()
      let buffer = try Buffer(layout)
      try read(entries, of: reader, into: buffer, layout)
      return buffer
    }
  }

  private static func read(
    _ entries: [SafeTensorsHeader.Entry], of reader: SafeTensorsReader, into buffer: Buffer,
    _ layout: Layout
  ) throws {
    for (tensor, entry) in zip(layout.tensors, entries) {
      try unsafe buffer.withBytes(of: tensor.slot) { bytes in
        try unsafe reader.read(entry, into: bytes)
      }
    }
  }

  /// For every prefix and layout, the entries of the tensors, in order.
  private static func matchedEntries(
    of reader: SafeTensorsReader, _ parts: [(prefix: String, layout: Layout)]
  ) throws(CheckpointError) -> [[SafeTensorsHeader.Entry]] {
    // Keyed by bytes: canonically equivalent strings would be one key.
    var found = Dictionary(
      uniqueKeysWithValues: reader.header.entries.map { (Array($0.name.utf8), $0) })
    var problems: [String] = []
    let matched = parts.map { prefix, layout in
      layout.tensors.compactMap { tensor -> SafeTensorsHeader.Entry? in
        let name = prefix + tensor.name
        guard let entry = found.removeValue(forKey: Array(name.utf8)) else {
          problems.append("tensor '\(name)' is missing")
          return nil
        }
        if entry.shape != tensor.shape || entry.type != .float32 {
          problems.append(
            "tensor '\(name)' is \(entry.type.rawValue) \(entry.shape), expected F32 "
              + "\(tensor.shape)")
        }
        return entry
      }
    }
    problems += reader.header.entries.filter { found[Array($0.name.utf8)] != nil }
      .map { "tensor '\($0.name)' is not the model's" }
    guard problems.isEmpty else {
      throw CheckpointError.mismatch(reader.path, problems: problems)
    }
    return matched
  }
}

extension SafeTensorsReader {
  /// Checks that the file has checksums, as weights of a run do.
  func requireSeal() throws(Damage) {
    guard seal != nil else {
      throw Damage(path, reason: "its header has no checksums, which the weights of a run have")
    }
  }

  /// The data part of the file as mapped floats, checked by their checksums; `nil` if they are not
  /// aligned as floats or the machine is not little endian.
  ///
  /// - Throws: as ``verify()``, ``OutOfMemory``.
  fileprivate func mappedFloats() throws -> Buffer? {
    let byteCount = header.entries.last?.range.upperBound ?? 0
    guard dataOffset.isMultiple(of: 4), byteCount.isMultiple(of: 4),
      UInt32(1).littleEndian == 1
    else { return nil }
    let buffer = try Buffer(
      mapping: file.descriptor, byteOffset: dataOffset,
      count: byteCount / MemoryLayout<Float>.stride)
    _ = try unsafe verify { range, take in unsafe buffer.withBytes(in: range) { unsafe take($0) } }
    return buffer
  }
}
