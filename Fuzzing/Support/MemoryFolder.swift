import Files
import Glibc
import SystemPackage

/// A directory in memory for the files of one process.
struct MemoryFolder {
  let path: FilePath

  init() throws {
    path = FilePath("/dev/shm/crate-lm-fuzz-\(getpid())")
    try FileSystem.remove(path)
    try FileSystem.createDirectory(path)
  }

  /// Makes the file called `name` hold `bytes`, without the care that real output needs.
  func write(_ bytes: some Collection<UInt8>, to name: String) throws {
    let file = try FileDescriptor.open(
      path.appending(name), .writeOnly, options: [.create, .truncate], permissions: .ownerReadWrite)
    try file.closeAfter { _ = try file.writeAll(bytes) }
  }
}
