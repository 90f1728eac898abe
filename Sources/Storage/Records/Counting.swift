extension BinaryInteger {
  /// The number with what it counts: "1 token", "2 tokens", "1 entry", "2 entries".
  package func counting(_ noun: String) -> String {
    guard self != 1 else { return "1 \(noun)" }
    return noun.hasSuffix("y") ? "\(self) \(noun.dropLast())ies" : "\(self) \(noun)s"
  }
}
