import Glibc

/// Some of the activations that a pass through a model computes.
public struct ActivationSelection: Sendable {
  let model: LanguageModel
  let activations: [NamedActivation]

  /// The names, in the order of a pass.
  public var names: [String] { activations.map(\.name.description) }

  /// Selects activations by their names.
  ///
  /// - Parameters:
  ///   - model: the model.
  ///   - patterns: patterns of the shell, such as `layers.*.ista.code`: `*` stands for any text,
  ///     `?` for any character, `[02]` and `[0-2]` for one of several.
  /// - Throws: ``ConfigurationError`` if a pattern matches no name; it lists those that there are.
  public init(_ model: LanguageModel, matching patterns: [String]) throws(ConfigurationError) {
    let all = model.blueprint.namedActivations
    var matched: Set<ActivationName> = []
    var strangers: [String] = []
    for pattern in patterns {
      let found = all.map(\.name).filter { Self.matches($0.description, pattern) }
      if found.isEmpty { strangers.append("'\(pattern)'") }
      matched.formUnion(found)
    }
    guard strangers.isEmpty else {
      let shape = model.configuration
      throw ConfigurationError(
        """
        No activation is called \(strangers.joined(separator: " or ")); a \
        \(shape.objective.rawValue) \(shape.architecture.rawValue) model has \
        \(Self.list(all.map(\.name))), with L from 0 to \(shape.depth - 1).
        """)
    }
    self.model = model
    activations = all.filter { matched.contains($0.name) }
  }

  /// The names, those of layers once.
  private static func list(_ names: [ActivationName]) -> String {
    names.filter { $0.layer ?? 0 == 0 }
      .map { $0.description.replacing("layers.0.", with: "layers.L.") }
      .joined(separator: ", ")
  }

  private static func matches(_ name: String, _ pattern: String) -> Bool {
    unsafe fnmatch(pattern, name, 0) == 0
  }
}
