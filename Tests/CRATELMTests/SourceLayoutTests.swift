import Storage
import SystemPackage
import Testing

/// The rules of the source tree that a compiler does not check.
@Suite struct SourceLayoutTests {
  private struct Source {
    /// The path below `Sources`, such as `CRATELM/Kernels/LayerNorm.swift`.
    let path: String
    let lines: [Substring]

    func imports(_ module: String) -> Bool {
      lines.contains { $0.split(separator: " ").suffix(2) == ["import", module[...]] }
    }
  }

  private let sources: [Source]

  init() throws {
    let root = FilePath(#filePath).removingLastComponent().removingLastComponent()
      .removingLastComponent().appending("Sources")
    func collect(_ path: FilePath, _ name: String) throws -> [Source] {
      guard FileSystem.kind(of: path) == .directory else {
        guard path.extension == "swift" else { return [] }
        let text = String(decoding: try FileContents.read(path), as: UTF8.self)
        return [
          Source(path: name, lines: text.split(separator: "\n", omittingEmptySubsequences: false))
        ]
      }
      return try FileSystem.names(in: path).flatMap {
        try collect(path.appending($0), name.isEmpty ? $0 : "\(name)/\($0)")
      }
    }
    sources = try collect(root, "")
    #expect(sources.count > 100)
  }

  private func expectOnly(_ allowed: [String], where breaks: (Source) -> Bool) {
    let found = sources.filter(breaks).map(\.path)
    let strangers = found.filter { path in !allowed.contains { path.hasPrefix($0) } }
    #expect(strangers.isEmpty)
  }

  @Test func librariesOfCHaveOneDoorEach() {
    expectOnly(["CRATELM/Kernels/MatrixProduct.swift"]) { $0.imports("COpenBLAS") }
    expectOnly(["Tokenizer/Normalization/", "Tokenizer/PreTokenization/"]) { $0.imports("CICU") }
  }

  @Test func modulesImportInOneDirection() {
    expectOnly(["crate-lm/"]) { $0.imports("CRATELM") || $0.imports("Tokenizer") }
    expectOnly(["crate-lm/"]) { $0.imports("ArgumentParser") }
    // Foundation loads 40 MB of tables that nothing here needs.
    expectOnly([]) { $0.imports("Foundation") }
  }

  @Test func onlyTheProgramPrintsOrEnds() {
    let calls = [" print(", " exit(", " fatalError(", "try! "]
    expectOnly(["crate-lm/"]) { source in
      source.lines.contains { line in
        !line.contains("//") && calls.contains { line.contains($0) }
      }
    }
  }

  @Test func filesStaySmall() {
    expectOnly([]) { $0.lines.count > 301 }
  }
}
