/// The construction of a tensor of ours from tensors of a checkpoint.
enum TensorRecipe: Hashable {
  /// A copy.
  case copy(String)
  /// The transpose.
  case transpose(String)
  /// The rows of several tensors, one after the other.
  case stack([String])

  /// The names of its sources.
  var sources: [String] {
    switch self {
    case .copy(let name), .transpose(let name): [name]
    case .stack(let names): names
    }
  }

  /// The required shape of each source for a tensor of `shape`.
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

  /// For a recipe of modules, the recipe of their `parameter`, weight or bias; `layer` replaces
  /// every star.
  func of(_ parameter: String, inLayer layer: Substring = "") -> TensorRecipe {
    func name(_ module: String) -> String {
      module.split(separator: "*", omittingEmptySubsequences: false)
        .joined(separator: String(layer)) + "." + parameter
    }
    return switch self {
    case .transpose(let module) where parameter == "weight": .transpose(name(module))
    case .copy(let module), .transpose(let module): .copy(name(module))
    case .stack(let modules): .stack(modules.map(name))
    }
  }
}
