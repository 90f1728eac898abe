import Glibc
import Storage
import SystemPackage
import Testing

/// The program as a user starts it.
enum Program {
  /// What a call gave.
  struct Result {
    let status: Int32
    let output: String
    let errors: String

    /// Standard output as the one JSON document that it must be.
    func json(sourceLocation: SourceLocation = #_sourceLocation) throws -> JSONObject {
      #expect(status == 0, "\(errors)", sourceLocation: sourceLocation)
      return try #require(
        try JSONValue.parse(Array(output.utf8)).object, sourceLocation: sourceLocation)
    }
  }

  /// Runs the program, or another of the package, with `arguments`, `input` on standard input, and
  /// waits for its end; an `interruption` is a signal to send once a file exists.
  ///
  /// The `environment` is added to that of the tests, and `bytes` behind the arguments.
  static func run(
    _ arguments: [String], bytes: [[UInt8]] = [], input: String = "",
    environment: [String: String] = [:],
    interruption: (signal: Int32, file: FilePath)? = nil, of program: String = "crate-lm"
  ) throws -> Result {
    let folder = try TemporaryFolder()
    let files = ["input", "output", "errors"].map { folder.path.appending($0) }
    try FileContents.write(Array(input.utf8), to: files[0])
    let process = try start(
      arguments, bytes: bytes, of: program, environment: environment,
      on: files.enumerated().map { descriptor, file in
        (Int32(descriptor), file.string, descriptor == 0 ? O_RDONLY : O_WRONLY | O_CREAT)
      })
    if let interruption {
      while FileSystem.kind(of: interruption.file) == nil, kill(process, 0) == 0 { usleep(10_000) }
      kill(process, interruption.signal)
    }
    var status: Int32 = 0
    unsafe waitpid(process, &status, 0)
    let texts = try files.dropFirst().map {
      String(decoding: try FileContents.read($0), as: UTF8.self)
    }
    // The exit status, or 128 + the signal that ended the process.
    let code = status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + (status & 0x7F)
    return Result(status: code, output: texts[0], errors: texts[1])
  }

  /// Starts a program of the package with its descriptors open on files.
  static func start(
    _ arguments: [String], bytes: [[UInt8]] = [], of program: String,
    environment: [String: String] = [:],
    on files: [(descriptor: Int32, path: String, flags: Int32)]
  ) throws -> pid_t {
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    for file in files {
      unsafe posix_spawn_file_actions_addopen(
        &actions, file.descriptor, file.path, file.flags, 0o644)
    }
    let path = try executable(program)
    var words: [UnsafeMutablePointer<CChar>?] = unsafe ([path.string] + arguments).map {
      unsafe strdup($0)
    }
    for argument in bytes {
      unsafe words.append(strdup(argument.map(CChar.init(bitPattern:)) + [0]))
    }
    unsafe words.append(nil)
    defer { unsafe words.forEach { unsafe free($0) } }
    var process = pid_t()
    var variables = unsafe environment.map { name, value in unsafe strdup("\(name)=\(value)") }
    defer { unsafe variables.forEach { unsafe free($0) } }
    var inherited = unsafe environ
    while let variable = unsafe inherited.pointee {
      unsafe variables.append(strdup(variable))
      unsafe inherited += 1
    }
    unsafe variables.append(nil)
    let failure = unsafe posix_spawn(&process, path.string, &actions, nil, words, variables)
    try #require(failure == 0, "the program did not start")
    return process
  }

  /// Runs the program with `arguments`, which end it with `status`, nothing on standard output and
  /// one sentence on standard error that has all `words`.
  static func expectFailure(
    _ status: Int32, _ words: [String], _ arguments: [String],
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let result = try run(arguments)
    #expect(result.status == status, "\(result.errors)", sourceLocation: sourceLocation)
    #expect(result.output.isEmpty, sourceLocation: sourceLocation)
    for word in words {
      #expect(
        result.errors.contains(word), "'\(word)' in: \(result.errors)",
        sourceLocation: sourceLocation)
    }
    let sentences = result.errors.split(separator: "\n").filter { $0.hasPrefix("Error: ") }
    #expect(sentences.count == 1, "\(result.errors)", sourceLocation: sourceLocation)
  }

  /// The program lies beside the test bundle.
  private static func executable(_ program: String) throws -> FilePath {
    var buffer = [CChar](repeating: 0, count: 4096)
    let length = unsafe readlink("/proc/self/exe", &buffer, buffer.count - 1)
    try #require(length > 0)
    let path = FilePath(String(decoding: buffer[..<length].map(UInt8.init), as: UTF8.self))
    return path.removingLastComponent().appending(program)
  }
}

/// A directory that lives as long as the value that made it.
final class TemporaryFolder: Sendable {
  let path: FilePath

  init() throws {
    var template = Array("/tmp/crate-lm-command-XXXXXX".utf8CString)
    let isMade = unsafe mkdtemp(&template) != nil
    try #require(isMade)
    path = FilePath(String(decoding: template.dropLast().map(UInt8.init), as: UTF8.self))
  }

  deinit { try? FileSystem.remove(path) }

  /// The path of `name` in the folder, as an argument.
  func callAsFunction(_ name: String) -> String { path.appending(name).string }

  func write(_ text: String, to name: String) throws {
    try FileContents.write(Array(text.utf8), to: path.appending(name))
  }
}
