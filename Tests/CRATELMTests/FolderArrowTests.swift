import Testing

/// The folders of a library name each other's types in one direction.
@Suite struct FolderArrowTests {
  /// The folders of each library, from the ground up: one names types of those before it alone.
  private static let orders = [
    "CRATELM": [
      "Configuration", "Memory", "Randomness", "Kernels", "Data", "Model", "Objectives",
      "Generation", "Evaluation", "Analysis", "Training", "Runs", "Interchange",
    ],
    "TextModels": [
      "Drawing", "Documents", "Tokenizers", "Models", "Writing", "Tasks", "Training", "Pages",
    ],
  ]

  /// An arrow from a folder of a library to one whose types it names.
  private struct Arrow: Hashable, CustomStringConvertible {
    let library: String
    let from: String
    let to: String

    var description: String { "\(library): \(from) → \(to)" }
  }

  /// Every arrow there is, and why.
  private static let allowed: [String: [String: [String: String]]] = [
    "CRATELM": [
      "Kernels": [
        "Configuration":
          "number formats and non-linearities choose between the forms of an operator",
        "Memory": "operators work on rows and matrices",
        "Randomness": "a power iteration starts from a drawn vector",
      ],
      "Data": [
        "Configuration": "a text is packed with the tokens that its model is to know",
        "Randomness": "the order of windows, the choice of masks and of held-out text are drawn",
      ],
      "Model": [
        "Configuration": "the shape that a model is built from",
        "Memory": "parameters and activations are slots of layouts",
        "Randomness": "parameters are drawn",
        "Kernels": "a sublayer is a sequence of operators",
        "Data": "a pass reads a batch, which is ids and places and knows of no model",
      ],
      "Objectives": [
        "Configuration": "the parts of an objective, and the error for what cannot be asked for",
        "Randomness": "the choice of hidden tokens is drawn",
        "Data": "examples are appended to batches",
      ],
      "Evaluation": [
        "Configuration": "the objective, and the error for what cannot be asked for",
        "Memory": "the shape of a pass, and rows of logits",
        "Randomness": "the bootstrap draws",
        "Data": "texts and splits that are evaluated come as batches",
        "Objectives": "hidden tokens are asked for one by one",
        "Generation": "the distribution that a row of logits gives",
        "Model": "a network says how probable tokens are",
      ],
      "Generation": [
        "Configuration": "how tokens are drawn",
        "Memory": "the shape of a pass, and rows of logits",
        "Randomness": "tokens are drawn",
        "Kernels": "its benchmark compares itself with a plain read of memory",
        "Data": "masks are filled in batches",
        "Objectives": "the ids that mask and surround a text",
        "Model": "a network says which token may come next",
      ],
      "Analysis": [
        "Configuration": "the error for what cannot be asked for",
        "Memory": "what is observed is copied from rows, or measured in memory of its own",
        "Kernels": "measures are products, norms and determinants",
        "Data": "a text is looked at as a batch",
        "Model": "what is looked into",
        "Objectives": "every token of a text is masked in turn",
        "Generation": "the distribution that a row of logits gives",
      ],
      "Training": [
        "Configuration": "what a run is asked to do",
        "Memory": "gradients and moments lie in the layout of the parameters",
        "Randomness": "its benchmark draws tokens",
        "Kernels": "norms of gradients, dead units, and the rate that its benchmark compares with",
        "Data": "batches come from a loader",
        "Objectives": "what is predicted in a batch",
        "Model": "what is trained",
        "Evaluation": "the validation loss",
        "Analysis": "the layers are measured as training goes on",
      ],
      "Runs": [
        "Configuration": "what a run was asked to do is recorded",
        "Memory": "weights are read into buffers by their layout",
        "Kernels": "the processor and the BLAS are recorded with what was computed on them",
        "Model": "the tensors of a checkpoint are those of the model's layout",
        "Data": "a run learns from a directory of data, whose identity it records",
        "Objectives": "a masked run needs its tokenizer's vocabulary",
        "Training": "a checkpoint holds what a trainer is made of again",
        "Analysis": "the log holds what was measured",
      ],
      "Interchange": [
        "Configuration": "settings of other programs become a model's shape, and back",
        "Memory": "tensors of other programs are put in the places of a layout",
        "Model": "what is imported and exported",
        "Data": "a run that begins anew with stored weights goes on with its data",
        "Objectives": "a masked run needs its tokenizer's vocabulary",
        "Runs": "an import becomes a run, a run is exported, or begins with stored weights",
        "Training": "updates are reported to TensorBoard",
      ],
    ],
    "TextModels": [
      "Tokenizers": ["Documents": "a damaged tokenizer is a text input that cannot be used"],
      "Tasks": [
        "Documents": "tasks are files of text",
        "Models": "what is evaluated",
      ],
      "Writing": ["Models": "what writes"],
      "Training": [
        "Models": "a model in training shows what it can do",
        "Writing": "a sample of text is written",
        "Documents": "what tokenizers and models learn from",
        "Tokenizers": "the tokenizer of packed data is read, and the end of documents found",
      ],
      "Pages": [
        "Drawing": "a page shows charts",
        "Models": "a page opens a model",
      ],
    ],
  ]

  private static let table = Set(
    allowed.flatMap { library, folders in
      folders.flatMap { from, targets in
        targets.keys.map { Arrow(library: library, from: from, to: $0) }
      }
    })

  @Test func tableHasNoCircle() throws {
    for arrow in Self.table {
      let order = try #require(Self.orders[arrow.library])
      let places = [arrow.from, arrow.to].map(order.firstIndex)
      let isDownward = (places[0] ?? -1) > (places[1] ?? order.count)
      #expect(isDownward, "\(arrow)")
    }
  }

  @Test func foldersKeepToTheTable() throws {
    var found: [Arrow: Set<String>] = [:]
    for (library, order) in Self.orders {
      found.merge(try arrows(in: library, order)) { $0.union($1) }
    }
    for (arrow, uses) in found where !Self.table.contains(arrow) {
      Issue.record("\(arrow): \(uses.sorted().joined(separator: ", "))")
    }
    let unused = Self.table.subtracting(found.keys)
    #expect(unused.isEmpty, "arrows of the table that no file draws any more")
  }

  /// Every arrow that the files of a library draw, with the types named and the files that do.
  private func arrows(in library: String, _ order: [String]) throws -> [Arrow: Set<String>] {
    let sources = try SourceTree.sources().filter { $0.folders.first.map(String.init) == library }
    var folders: [String: String] = [:]
    for source in sources {
      let folder = String(try #require(source.folders.dropFirst().first, "\(source.path)"))
      #expect(order.contains(folder), "\(folder) has no place in the order")
      for name in source.visibleTypes { folders[name] = folder }
    }
    var arrows: [Arrow: Set<String>] = [:]
    for source in sources {
      let from = String(source.folders[1])
      for name in source.namedTypes.subtracting(source.declaredTypes) {
        guard let to = folders[name], to != from else { continue }
        arrows[Arrow(library: library, from: from, to: to), default: []].insert(
          "\(name) in \(source.path)")
      }
    }
    return arrows
  }
}
