import Glibc
import Storage
import SystemPackage

/// The directory for the files of one process, best in memory; `CRATE_LM_FOLDER` names it, and its
/// former content is removed.
struct MemoryFolder {
  let path: FilePath

  init() throws {
    guard let name = unsafe getenv("CRATE_LM_FOLDER") else {
      throw FileError.missing("CRATE_LM_FOLDER")
    }
    path = FilePath(unsafe String(cString: name))
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
