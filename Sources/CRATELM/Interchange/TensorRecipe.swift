/// How a tensor of ours is made of those of a checkpoint.
enum TensorRecipe: Hashable {
  /// It is the same.
  case copy(String)
  /// Its rows are the other's columns.
  case transpose(String)
  /// Its rows are those of several, one after the other.
  case stack([String])

  /// The tensors it is made of.
  var sources: [String] {
    switch self {
    case .copy(let name), .transpose(let name): [name]
    case .stack(let names): names
    }
  }

  /// The shape that each source has to have for a tensor of `shape`.
  func sourceShape(for shape: [Int]) -> [Int] {
    switch self {
    case .copy: shape
    case .transpose: shape.reversed()
    case .stack(let names): [shape[0] / names.count] + shape.dropFirst()
    }
  }

  /// The tensor of `shape`, row by row, from the elements of the sources.
  func elements(shape: [Int], _ read: (String) throws -> [Float]) rethrows -> [Float] {
    switch self {
    case .copy(let name): return try read(name)
    case .stack(let names): return try names.flatMap(read)
    case .transpose(let name):
      let source = try read(name)
      let (rows, columns) = (shape[0], shape[1])
      return (0..<rows).flatMap { row in (0..<columns).map { source[$0 * rows + row] } }
    }
  }

  /// The recipe with `layer` in place of every star.
  fileprivate func inLayer(_ layer: Substring) -> TensorRecipe {
    func name(_ pattern: String) -> String {
      pattern.split(separator: "*", omittingEmptySubsequences: false)
        .joined(separator: String(layer))
    }
    return switch self {
    case .copy(let pattern): .copy(name(pattern))
    case .transpose(let pattern): .transpose(name(pattern))
    case .stack(let patterns): .stack(patterns.map(name))
    }
  }
}

/// Our names of tensors with the recipes for them; a star stands for the number of the layer.
struct RecipeTable {
  private let recipes: [String: TensorRecipe]

  /// - Precondition: each name occurs once.
  init(_ recipes: KeyValuePairs<String, TensorRecipe>) {
    self.recipes = Dictionary(uniqueKeysWithValues: recipes.map { ($0.key, $0.value) })
  }

  /// The recipe for our tensor called `name`.
  func recipe(for name: String) -> TensorRecipe? {
    let parts = name.split(separator: ".")
    guard parts[0] == "layers" else { return recipes[name] }
    let pattern = (["layers", "*"] + parts.dropFirst(2)).joined(separator: ".")
    return recipes[pattern]?.inLayer(parts[1])
  }
}
