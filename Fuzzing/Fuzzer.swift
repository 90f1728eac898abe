import Glibc
import Storage
import SystemPackage

/// libFuzzer's own main function (`FuzzerInterface.h`).
@_silgen_name("LLVMFuzzerRunDriver")
func runFuzzer(
  _ count: UnsafeMutablePointer<CInt>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
  _ testOneInput: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

/// The function that libFuzzer calls with every input, also by this name.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = unsafe Array(UnsafeBufferPointer(start: data, count: count))
  do {
    try unsafe Fuzzer.parser.parse(bytes)
  } catch {
    // Refusing a hostile file is right; its sentence must be made without a trap, too.
    _ = "\(error)"
  }
  return 0
}

/// Runs one parser under libFuzzer; if `CRATE_LM_SEEDS` names a directory, writes its seeds there.
@main
enum FuzzParsers {
  static func main() throws {
    let parser = unsafe Fuzzer.parser
    if let directory = unsafe getenv("CRATE_LM_SEEDS") {
      let path = FilePath(unsafe String(cString: directory))
      try FileSystem.createDirectory(path)
      for (number, seed) in try parser.seeds().enumerated() {
        try FileContents.write(seed, to: path.appending("seed-\(number)"))
      }
      return
    }
    var count = CommandLine.argc
    var arguments = unsafe CommandLine.unsafeArgv
    let status = unsafe runFuzzer(&count, &arguments, testOneInput)
    exit(status)
  }
}

/// The parser of this process, chosen by `CRATE_LM_PARSER`.
enum Fuzzer {
  nonisolated(unsafe) static let parser: any FuzzedParser = {
    let name = unsafe getenv("CRATE_LM_PARSER").map { unsafe String(cString: $0) }
    guard let make = name.flatMap({ parsers[$0] }) else {
      fatalError("CRATE_LM_PARSER is none of \(parsers.keys.sorted())")
    }
    do {
      return try make()
    } catch {
      fatalError("\(error)")
    }
  }()

  private static var parsers: [String: () throws -> any FuzzedParser] {
    [
      "data": DataParser.init, "documents": DocumentsParser.init, "json": JSONParser.init,
      "pickle": PickleParser.init, "run": RunParser.init, "safetensors": SafeTensorsParser.init,
      "tokenizer": TokenizerParser.init, "torch": TorchParser.init,
      "vocabulary": VocabularyParser.init,
    ]
  }
}

/// A reader of files that is fed any bytes.
protocol FuzzedParser {
  /// Reads `bytes` as the program does and uses everything that the file gives.
  ///
  /// - Throws: the reader's own errors; a trap, a leak or a hang is a finding.
  func parse(_ bytes: [UInt8]) throws

  /// Inputs to begin with.
  func seeds() throws -> [[UInt8]]
}

/// The files of the tests.
enum Fixture {
  /// The content of the file at `path` in `Tests/Fixtures`.
  static func contents(_ path: String) throws -> [UInt8] {
    let root = FilePath(#filePath).removingLastComponent().removingLastComponent()
    return try FileContents.read(root.appending("Tests/Fixtures").pushing(FilePath(path)))
  }
}
