import CRATELM
import Glibc
import Storage
import SystemPackage

/// A directory that lives as long as the value that made it.
final class TemporaryFolder {
  let path: FilePath

  init() throws {
    let base = FilePath(ProcessEnvironment.temporaryFolder)
    var generator = SystemRandomNumberGenerator()
    path = base.appending("crate-lm-data-\(getpid())-\(generator.next())")
    try FileSystem.createDirectory(path)
  }

  deinit { try? FileSystem.remove(path) }

  /// The bytes of every file in the folder called `name`, by file name.
  func contents(_ name: FilePath.Component) throws -> [String: [UInt8]] {
    let folder = path.appending(name)
    var contents: [String: [UInt8]] = [:]
    for file in try FileSystem.names(in: folder) {
      contents[file] = try FileContents.read(folder.appending(file))
    }
    return contents
  }
}

enum ProcessEnvironment {
  static var temporaryFolder: String {
    guard let value = unsafe getenv("TMPDIR") else { return "/tmp" }
    return unsafe String(cString: value)
  }
}

/// A text as a list of documents of token ids, with what is needed to pack it.
struct DataFixture {
  var documents: [[Int32]]
  var tokenizer: PackedTokenizer
  var settings: PackSettings

  /// Random documents of up to `longest` tokens; vocabulary entry i spells i % 7 + 1 bytes.
  init(
    seed: UInt64, documents count: Int, longest: Int, vocabularySize: Int = 300,
    endOfDocument: Int32? = 0
  ) {
    var generator = SplitMix64(seed: seed, stream: "fixture")
    documents = (0..<count).map { _ in
      (0...generator.integer(below: longest)).map { _ in
        Int32(1 + generator.integer(below: vocabularySize - 1))
      }
    }
    tokenizer = PackedTokenizer(
      file: Array("{}".utf8), spelledBytes: SpelledBytes((0..<vocabularySize).map { $0 % 7 + 1 }),
      endOfDocument: endOfDocument)
    settings = PackSettings()
    settings.validationFraction = 0
    settings.frameTokenCount = 64
    settings.framesPerShard = 4
    settings.passageTokenCount = 64
  }

  /// All ids in order, with those that end documents.
  var stream: [Int32] {
    documents.flatMap { $0 + (tokenizer.endOfDocument.map { [$0] } ?? []) }
  }

  /// The bytes that `ids` spell; those that end documents spell none.
  func byteCount(_ ids: [Int32]) -> Int {
    ids.reduce(0) { $0 + tokenizer.spelledBytes[$1] }
  }

  /// Packs the documents in pieces of at most `pieceLength` ids.
  @discardableResult
  func pack(_ directory: FilePath, pieceLength: Int = 100) throws -> DataManifest {
    let writer = try PackWriter(directory: directory, tokenizer: tokenizer, settings: settings)
    for document in documents {
      for start in stride(from: 0, to: document.count, by: pieceLength) {
        let piece = Array(document[start..<min(start + pieceLength, document.count)])
        try writer.append(piece, byteCount: byteCount(piece))
      }
      try writer.endDocument()
    }
    return try writer.finish()
  }
}

extension TokenSplit {
  /// All ids of the split.
  func allTokens() throws -> [Int32] { try tokens(0..<tokenCount) }
}
