import Testing

/// The rules of the source tree that a compiler does not check; for those between the folders of
/// `CRATELM` see ``FolderArrowTests``.
@Suite struct SourceLayoutTests {
  private let sources: [SourceTree.Source]

  init() throws {
    sources = try SourceTree.sources()
    #expect(sources.count > 100)
  }

  private func expectOnly(_ allowed: [String], where breaks: (SourceTree.Source) -> Bool) {
    let found = sources.filter(breaks).map(\.path)
    let strangers = found.filter { path in !allowed.contains { path.hasPrefix($0) } }
    #expect(strangers.isEmpty)
  }

  @Test func librariesOfCHaveOneDoorEach() {
    expectOnly(["CRATELM/Kernels/MatrixProduct.swift"]) { $0.imports.contains("COpenBLAS") }
    expectOnly([
      "Tokenizer/Normalization/", "Tokenizer/Patterns/RegularExpression.swift",
      "TextModels/Documents/TextEncoding.swift",
    ]) {
      $0.imports.contains("CICU")
    }
  }

  /// What each of our modules may import of the others.
  private static let modules: [String: Set<String>] = [
    "Parallel": [],
    "Storage": ["Parallel"],
    "Tokenizer": ["Parallel", "Storage"],
    "CRATELM": ["Parallel", "Storage"],
    "TextModels": ["CRATELM", "Parallel", "Storage", "Tokenizer"],
    "crate-lm": ["CRATELM", "Parallel", "Storage", "TextModels", "Tokenizer"],
  ]

  @Test func modulesImportInOneDirection() throws {
    for source in sources {
      let allowed = try #require(
        Self.modules[String(source.folders[0])], "\(source.path) is in no module of the table")
      let ours = source.imports.intersection(Self.modules.keys)
      #expect(ours.isSubset(of: allowed), "\(source.path)")
    }
    expectOnly(["crate-lm/"]) { $0.imports.contains("ArgumentParser") }
    // Foundation loads 40 MB of tables that nothing here needs.
    expectOnly([]) { $0.imports.contains("Foundation") }
  }

  @Test func onlyTheProgramPrintsOrEnds() {
    let calls = [" print(", " exit(", " fatalError(", "try! "]
    expectOnly(["crate-lm/"]) { source in calls.contains { source.code.contains($0) } }
  }

  @Test func filesStaySmall() {
    expectOnly([]) { $0.lines.count > 301 }
  }
}
