import Files
import Glibc
import SystemPackage

/// The content of a gzip file, expanded by the system's `gzip`.
@safe final class GzipStream: ByteStream {
  private let file: FileStream
  private let output: FileDescriptor
  private var process: pid_t?

  /// The child reads through our descriptor, so its place in the file is ours.
  var readByteCount: Int { Int((try? file.descriptor.seek(offset: 0, from: .current)) ?? 0) }

  init(_ file: FileStream) throws {
    self.file = file
    let pipe: (readEnd: FileDescriptor, writeEnd: FileDescriptor)
    do {
      pipe = try FileDescriptor.pipe()
    } catch {
      throw FileError.readFailed(file.path, error as? Errno ?? .ioError)
    }
    output = pipe.readEnd
    defer { try? pipe.writeEnd.close() }
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_adddup2(&actions, file.descriptor.rawValue, STDIN_FILENO)
    unsafe posix_spawn_file_actions_adddup2(&actions, pipe.writeEnd.rawValue, STDOUT_FILENO)
    unsafe posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
    for end in [pipe.readEnd, pipe.writeEnd] {
      unsafe posix_spawn_file_actions_addclose(&actions, end.rawValue)
    }
    var child: pid_t = 0
    let arguments = unsafe [strdup("gzip"), strdup("-dc"), nil]
    defer { unsafe arguments.forEach { unsafe free($0) } }
    let status = unsafe posix_spawnp(&child, "gzip", &actions, nil, arguments, environ)
    guard status == 0 else {
      try? output.close()
      throw InputError.notExpandable(
        file.path, reason: "the program gzip could not be started (\(Errno(rawValue: status)))")
    }
    process = child
  }

  deinit {
    try? output.close()
    if let process {
      kill(process, SIGKILL)
      waitpid(process, nil, 0)
    }
  }

  func next() throws -> [UInt8] {
    let bytes = try output.readSome(FileStream.chunkByteCount, of: file.path)
    guard bytes.isEmpty, let child = process else { return bytes }
    process = nil
    var status: Int32 = 0
    while unsafe waitpid(child, &status, 0) < 0, errno == EINTR {}
    guard status == 0 else {
      throw InputError.notExpandable(
        file.path, reason: "gzip found it cut, damaged or not of its kind")
    }
    return []
  }
}
