/// What training does with a gradient far outside of the recent range.
public enum SpikeAction: String, Codable, CaseIterable, Sendable {
  /// Clips it as any other.
  case accept
  /// Leaves the parameters and moments as they are.
  case skip
}
