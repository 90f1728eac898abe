import CRATELM
import Storage
import SystemPackage

/// A file of a data directory, chosen by the first byte, among sound ones.
///
/// Checksums are made to match, so that the code behind them is reached.
struct DataParser: FuzzedParser {
  private static let names = [
    "manifest.json", "token-byte-counts.bin", "train-00000.shard", "SHA256SUMS",
  ]
  private static let sums = "SHA256SUMS"

  private let folder: MemoryFolder
  private let sound: [(name: String, content: [UInt8])]

  init() throws {
    folder = try MemoryFolder()
    let directory = folder.path.appending("data")
    var settings = PackSettings()
    settings.validationFraction = 0
    settings.frameTokenCount = 64
    let writer = try PackWriter(
      directory: directory,
      tokenizer: PackedTokenizer(
        file: Array("{}".utf8), spelledBytes: SpelledBytes((0..<40).map { $0 % 5 + 1 }),
        endOfDocument: 0),
      settings: settings)
    for document in 0..<6 {
      let ids = (0..<30).map { Int32(1 + ($0 * 7 + document * $0) % 39) }
      try writer.append(ids, byteCount: 90)
      try writer.endDocument()
    }
    _ = try writer.finish()
    sound = try FileSystem.names(in: directory).map {
      ($0, try FileContents.read(directory.appending($0)))
    }
  }

  func parse(_ bytes: [UInt8]) throws {
    guard let choice = bytes.first else { return }
    let name = Self.names[Int(choice) % Self.names.count]
    var content = Array(bytes.dropFirst())
    if name.hasSuffix(".shard") { Self.seal(&content) }
    for file in sound { try folder.write(file.content, to: "data/\(file.name)") }
    try folder.write(content, to: "data/\(name)")
    if name != Self.sums { try writeSums(name, content) }
    let data = try TokenData(directory: folder.path.appending("data"))
    _ = try data.train.tokens(0..<data.train.tokenCount)
    _ = try data.train.documentStarts()
    try data.verify()
  }

  func seeds() -> [[UInt8]] {
    Self.names.enumerated().compactMap { number, name in
      sound.first { $0.name == name }.map { [UInt8(number)] + $0.content }
    }
  }

  private func writeSums(_ changed: String, _ content: [UInt8]) throws {
    let old = sound.first { $0.name == Self.sums }?.content ?? []
    var sums = Checksums()
    for line in try Checksums(old, path: folder.path).lines {
      sums.append(line.name, line.name == changed ? Fingerprint(of: content) : line.fingerprint)
    }
    try folder.write(sums.bytes, to: "data/\(Self.sums)")
  }

  /// Writes the SHA-256 of header and tables at the end of the shard `bytes`, if it is long enough.
  private static func seal(_ bytes: inout [UInt8]) {
    let (header, footer, seal) = (16, 72, 32)
    guard bytes.count >= header + footer else { return }
    let place = bytes.count - footer + 3 * 8
    let frames = bytes[place..<place + 8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard let start = Int(exactly: frames).map({ $0.addingReportingOverflow(header) }),
      !start.overflow, start.partialValue <= bytes.count - seal
    else { return }
    let sealed = bytes[..<header] + bytes[start.partialValue..<bytes.count - seal]
    let digits = Array(Fingerprint(of: Array(sealed)).description.utf8)
    for index in 0..<seal {
      let pair = String(decoding: digits[2 * index..<2 * index + 2], as: UTF8.self)
      bytes[bytes.count - seal + index] = UInt8(pair, radix: 16) ?? 0
    }
  }
}
