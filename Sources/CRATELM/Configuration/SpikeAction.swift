/// The treatment of a gradient far outside the recent range.
public enum SpikeAction: String, Codable, CaseIterable, Sendable {
  /// Clip it as any other.
  case accept
  /// Skip the update: parameters and moments stay.
  case skip
}
