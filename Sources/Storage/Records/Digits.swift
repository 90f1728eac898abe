extension BinaryInteger {
  /// The digits to the base `radix`, padded with zeros to `count`; larger numbers have more digits.
  ///
  /// - Precondition: the number is not negative.
  package func digits(_ count: Int, radix: Int = 10) -> String {
    let digits = String(self, radix: radix)
    return String(repeating: "0", count: max(0, count - digits.utf8.count)) + digits
  }
}
