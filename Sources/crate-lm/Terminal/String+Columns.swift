extension String {
  /// The text with spaces after it, up to `width` characters.
  func padded(to width: Int) -> String { self + spaces(to: width) }

  /// The text with spaces before it, up to `width` characters.
  func aligned(to width: Int) -> String { spaces(to: width) + self }

  private func spaces(to width: Int) -> String {
    String(repeating: " ", count: max(0, width - count))
  }
}
