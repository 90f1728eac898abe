import Glibc
import Storage
import SystemPackage
import Testing

/// The program of docs/library.md.
@Suite struct ExampleTests {
  private func train(
    into run: String, interruption: (signal: Int32, file: FilePath)? = nil
  ) throws -> Program.Result {
    try Program.run(
      [Workshop.folder()("data"), run], interruption: interruption, of: "train-example")
  }

  /// Killed after its first checkpoint and called again, it ends as the uninterrupted run; the run is
  /// one of `crate-lm` too.
  @Test func trainsDurably() throws {
    let folder = try TemporaryFolder()
    let whole = try train(into: folder("whole"))
    #expect(whole.status == 0 && whole.output.hasSuffix("done\n"), "\(whole.errors)")
    let first = folder.path.appending("parts/checkpoints/step-00000010")
    let killed = try train(into: folder("parts"), interruption: (SIGKILL, first))
    #expect([0, 128 + SIGKILL].contains(killed.status))
    #expect(FileSystem.kind(of: first.removingLastComponent()) == .directory)
    let resumed = try train(into: folder("parts"))
    #expect(resumed.status == 0 && resumed.output.hasSuffix("done\n"), "\(resumed.errors)")
    #expect(
      try FileContents.read(folder.path.appending("parts/model.safetensors"))
        == FileContents.read(folder.path.appending("whole/model.safetensors")))
    #expect(try Program.run(["checkpoint", "verify", folder("parts")]).status == 0)
  }

  /// The listing of the page is the program.
  @Test func isWhatTheDocumentationShows() throws {
    let root = FilePath(#filePath).removingLastComponent().removingLastComponent()
      .removingLastComponent()
    let code = try FileContents.read(root.appending("Examples/train/TrainExample.swift"))
    let page = try FileContents.read(root.appending("docs/library.md"))
    #expect(
      String(decoding: page, as: UTF8.self)
        .contains("```swift\n\(String(decoding: code, as: UTF8.self))```"))
  }
}
