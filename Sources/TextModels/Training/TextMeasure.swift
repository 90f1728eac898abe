package import Storage

/// The size and the identity of a text.
package struct TextMeasure: Codable, Hashable, Sendable {
  /// The bytes of its documents.
  package var bytes: Int
  /// The SHA-256 of these bytes.
  package var fingerprint: Fingerprint

  /// The measure of a text.
  package init(bytes: Int, fingerprint: Fingerprint) {
    (self.bytes, self.fingerprint) = (bytes, fingerprint)
  }
}

extension DocumentSource {
  /// Reads the text and measures it.
  ///
  /// - Parameter progress: called with the bytes of files read so far.
  /// - Returns: the measure of all documents, as far as they are to be read.
  /// - Throws: as ``forEachChunk(for:_:)``.
  package func measured(_ progress: (Int) -> Void = { _ in }) throws -> TextMeasure {
    var bytes = 0
    let hash = SHA256()
    try forEachChunk { chunk in
      bytes += chunk.bytes.count
      hash.update(chunk.bytes)
      progress(chunk.readByteCount)
    }
    return TextMeasure(bytes: bytes, fingerprint: Fingerprint(digest: hash.finalize()))
  }
}
