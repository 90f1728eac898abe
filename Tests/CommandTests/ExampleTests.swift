import Glibc
import Storage
import SystemPackage
import Testing

/// The programs of docs/library.md and docs/swift.md.
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

  /// From a text to a model: it learns, writes, and is the same when it is saved and loaded.
  @Test func goesFromTextToModel() throws {
    let folder = try TemporaryFolder()
    let result = try Program.run(
      [Self.root.appending("corpora/stories").string, folder("")], of: "text-example")
    #expect(result.status == 0, "\(result.errors)")
    let lines = result.output.split(separator: "\n")
    #expect(lines.contains("finished") && lines.last == "true")
    #expect(lines.contains("dictionary [128, 128]"))
    let losses = lines.filter { $0.hasPrefix("step ") }
      .compactMap { $0.split(separator: " ").last.flatMap { Double($0) } }
    // Even chances among 512 ids are a loss of 6.24.
    #expect(losses.count == 10 && losses[0] < 6.24 && losses[9] < losses[0] - 0.4)
    #expect(try Program.run(["checkpoint", "verify", folder("copy")]).status == 0)
  }

  /// The listing of a page is the program.
  @Test(arguments: [
    ("docs/library.md", "Examples/train/TrainExample.swift"),
    ("docs/swift.md", "Examples/text/TextExample.swift"),
  ]) func isWhatTheDocumentationShows(page: String, code: String) throws {
    let code = try FileContents.read(Self.root.appending(code))
    let page = try FileContents.read(Self.root.appending(page))
    #expect(
      String(decoding: page, as: UTF8.self)
        .contains("```swift\n\(String(decoding: code, as: UTF8.self))```"))
  }

  private static let root = FilePath(#filePath).removingLastComponent().removingLastComponent()
    .removingLastComponent()
}
