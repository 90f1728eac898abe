package import SystemPackage

/// The file `SHA256SUMS` of a directory: a line for each file, for `sha256sum -c` too, and a last
/// line, a comment to that program, with the SHA-256 of the lines before.
///
///     HEX  NAME
///     …
///     # HEX
package struct Checksums {
  /// The name of the file.
  package static let name = "SHA256SUMS"

  /// The files and their checksums, in order.
  package private(set) var lines: [(name: String, fingerprint: Fingerprint)] = []

  package init() {}

  /// Adds a line.
  package mutating func append(_ name: String, _ fingerprint: Fingerprint) {
    lines.append((name, fingerprint))
  }

  /// The checksum of the file named `name`; `nil` if no line has it.
  package subscript(name: String) -> Fingerprint? {
    lines.first { $0.name.utf8.elementsEqual(name.utf8) }?.fingerprint
  }

  /// The lines without the comment.
  package var list: [UInt8] {
    Array(lines.map { "\($0.fingerprint)  \($0.name)\n" }.joined().utf8)
  }

  /// The content of the file.
  package var bytes: [UInt8] { list + Self.ending(list) }

  private static func ending(_ list: [UInt8]) -> [UInt8] {
    Array("# \(Fingerprint(of: list))\n".utf8)
  }

  /// Parses `bytes`, the content of the file at `path`; the comment may be missing, as in files of
  /// `sha256sum`.
  ///
  /// - Throws: ``Damage``.
  package init(_ bytes: [UInt8], path: FilePath) throws(Damage) {
    let end = bytes.dropLast().lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    let hasEnding = bytes[end...].first == UInt8(ascii: "#")
    let list = hasEnding ? bytes[..<end] : bytes[...]
    guard !hasEnding || Self.ending(Array(list)).elementsEqual(bytes[end...]) else {
      throw Damage(
        path, at: 0..<bytes.count, reason: "they do not match the checksum at the end"
      )
    }
    var offset = 0
    for line in list.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      defer { offset += line.count + 1 }
      if line.isEmpty, offset == list.count { continue }
      let hex = String(decoding: line.prefix(64), as: UTF8.self)
      guard let fingerprint = Fingerprint(rawValue: hex), line.dropFirst(64).starts(with: "  ".utf8)
      else {
        throw Damage(
          path, at: offset..<offset + line.count, reason: "expected a SHA-256 and a file name")
      }
      lines.append((String(decoding: line.dropFirst(66), as: UTF8.self), fingerprint))
    }
    guard self.list.elementsEqual(list) else {
      throw Damage(
        path, at: 0..<bytes.count, reason: "expected one line for each file")
    }
  }

  /// The content of the file named `name` in `directory`, checked by its line.
  ///
  /// - Throws: ``Damage``, `FileError`.
  package func contents(of name: String, in directory: FilePath) throws -> [UInt8] {
    guard let expected = self[name] else {
      throw Damage(
        directory.appending(Self.name), at: 0..<bytes.count,
        reason: "expected a line for \(name), found none")
    }
    let path = directory.appending(name)
    let content = try FileContents.read(path)
    let found = Fingerprint(of: content)
    guard expected == found else {
      throw Damage(
        path, at: 0..<content.count,
        reason: "their SHA-256 is \(found), \(Self.name) has \(expected)")
    }
    return content
  }

  /// The checksums in `directory`; `nil` if it has none.
  ///
  /// - Throws: ``Damage``, `FileError`.
  package init?(of directory: FilePath) throws {
    let path = directory.appending(Self.name)
    guard FileSystem.kind(of: path) == .file else { return nil }
    try self.init(FileContents.read(path), path: path)
  }

  /// Runs `body`, which writes the files `names` of `directory`, then adds their checksums to those
  /// of the directory's other files.
  ///
  /// Meanwhile the directory has no checksums, rather than outdated ones.
  ///
  /// - Throws: the errors of `body`; ``Damage`` if existing checksums are damaged; `FileError`.
  package static func renew(
    _ names: [String], in directory: FilePath, _ body: () throws -> Void
  ) throws {
    let path = directory.appending(name)
    let old = try Checksums(of: directory)
    try FileSystem.remove(path)
    try body()
    var sums = Checksums()
    for (name, fingerprint) in old?.lines ?? [] where !names.contains(name) {
      sums.append(name, fingerprint)
    }
    for name in names {
      sums.append(name, Fingerprint(of: try FileContents.read(directory.appending(name))))
    }
    try FileContents.write(sums.bytes, to: path)
  }
}
