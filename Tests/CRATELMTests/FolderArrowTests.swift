import Testing

/// The folders of `CRATELM` name each other's types in one direction.
@Suite struct FolderArrowTests {
  /// From the ground up: a folder names types of those before it alone.
  private static let order = [
    "Configuration", "Memory", "Randomness", "Kernels", "Data", "Model", "Objectives", "Generation",
    "Evaluation", "Analysis", "Training", "Runs", "Interchange",
  ]

  /// An arrow from a folder to one whose types it names.
  private struct Arrow: Hashable, CustomStringConvertible {
    let from: String
    let to: String

    var description: String { "\(from) → \(to)" }
  }

  /// Every arrow there is, and why.
  private static let allowed: [String: [String: String]] = [
    "Kernels": [
      "Configuration": "number formats and non-linearities choose between the forms of an operator",
      "Memory": "operators work on rows and matrices",
    ],
    "Data": [
      "Randomness": "the order of windows and the choice of held-out text are drawn"
    ],
    "Model": [
      "Configuration": "the shape that a model is built from",
      "Memory": "parameters and activations are slots of layouts",
      "Randomness": "parameters are drawn",
      "Kernels": "a sublayer is a sequence of operators",
      "Data": "a pass reads a batch, which is ids and places and knows of no model",
    ],
    "Objectives": [
      "Configuration": "an objective is a value of a model's shape, and says what it is made of",
      "Randomness": "the choice of masks is drawn",
      "Data": "the windows of a stream become sequences of a batch",
    ],
    "Evaluation": [
      "Configuration": "the objective, and the error for what cannot be asked for",
      "Memory": "the shape of a pass, and rows of logits",
      "Randomness": "the bootstrap draws",
      "Data": "texts and splits that are evaluated come as batches",
      "Model": "a network says how probable tokens are",
      "Objectives": "masked models are asked with the ids that hide and surround a text",
      "Generation": "tokens are judged by the distribution from which they are drawn",
    ],
    "Generation": [
      "Configuration": "how tokens are drawn",
      "Memory": "the shape of a pass, and rows of logits",
      "Randomness": "tokens are drawn",
      "Kernels": "its benchmark compares itself with a plain read of memory",
      "Data": "masks are filled in batches",
      "Model": "a network says which token may come next",
      "Objectives": "masks are filled with the ids that mask and surround a text",
    ],
    "Training": [
      "Configuration": "what a run is asked to do",
      "Memory": "gradients and moments lie in the layout of the parameters",
      "Randomness": "its benchmark draws tokens",
      "Kernels": "norms of gradients, dead units, and the rate that its benchmark compares with",
      "Data": "batches come from a loader",
      "Model": "what is trained",
      "Objectives": "the vocabulary by which a masked model's tokens are hidden",
      "Evaluation": "the validation loss",
    ],
    "Runs": [
      "Configuration": "what a run was asked to do is recorded",
      "Memory": "weights are read into buffers by their layout",
      "Kernels": "the processor and the BLAS are recorded with what was computed on them",
      "Model": "the tensors of a checkpoint are those of the model's layout",
      "Training": "a checkpoint holds what a trainer is made of again",
    ],
    "Interchange": [
      "Configuration": "settings of other programs become a model's shape, and back",
      "Memory": "tensors of other programs are put in the places of a layout",
      "Model": "what is imported and exported",
      "Runs": "an import becomes a run, a run is exported",
    ],
  ]

  /// Arrows that stand today and have to go; nothing is ever added.
  private static let stillToBeRemoved: Set<Arrow> = [
    Arrow(from: "Kernels", to: "Randomness"),
    Arrow(from: "Training", to: "Runs"),
  ]

  private static let table = Set(
    allowed.flatMap { from, targets in targets.keys.map { Arrow(from: from, to: $0) } })

  @Test func tableHasNoCircle() {
    for arrow in Self.table {
      let places = [arrow.from, arrow.to].map(Self.order.firstIndex)
      let isDownward = (places[0] ?? -1) > (places[1] ?? Self.order.count)
      #expect(isDownward, "\(arrow)")
    }
  }

  @Test func foldersKeepToTheTable() throws {
    let found = try arrows()
    for (arrow, uses) in found where !Self.table.union(Self.stillToBeRemoved).contains(arrow) {
      Issue.record("\(arrow): \(uses.sorted().joined(separator: ", "))")
    }
    let unused = Self.table.union(Self.stillToBeRemoved).subtracting(found.keys)
    #expect(unused.isEmpty, "arrows of the table that no file draws any more")
  }

  /// Every arrow that the files draw, with the types named and the files that do.
  private func arrows() throws -> [Arrow: Set<String>] {
    let sources = try SourceTree.sources().filter { $0.folders.first == "CRATELM" }
    var folders: [String: String] = [:]
    for source in sources {
      let folder = String(try #require(source.folders.dropFirst().first, "\(source.path)"))
      #expect(Self.order.contains(folder), "\(folder) has no place in the order")
      for name in source.code.visibleTypes { folders[name] = folder }
    }
    var arrows: [Arrow: Set<String>] = [:]
    for source in sources {
      let (from, own) = (String(source.folders[1]), source.code.declaredTypes)
      for word in source.code.lines.flatMap(\.words)
      where !word.isMember && !own.contains(word.text) {
        guard let to = folders[word.text], to != from else { continue }
        arrows[Arrow(from: from, to: to), default: []].insert("\(word.text) in \(source.path)")
      }
    }
    return arrows
  }
}

extension SwiftCode {
  private static let declarations: Set = [
    "actor", "associatedtype", "class", "enum", "protocol", "struct", "typealias",
  ]

  /// The types that other files may name: those on the outermost level which are not private.
  fileprivate var visibleTypes: [String] {
    lines.filter { !$0.isIndented && !$0.contains("private") && !$0.contains("fileprivate") }
      .compactMap { Self.types(in: $0).first }
  }

  /// All types that the file declares, which stand before those of the same name elsewhere.
  fileprivate var declaredTypes: Set<String> { Set(lines.flatMap(Self.types)) }

  /// The names behind the keywords of declarations; types begin with a capital.
  private static func types(in line: Line) -> [String] {
    zip(line.words, line.words.dropFirst()).compactMap { keyword, name in
      let isType = declarations.contains(keyword.text) && !keyword.isMember
      return isType && name.text.first?.isUppercase == true ? name.text : nil
    }
  }
}
