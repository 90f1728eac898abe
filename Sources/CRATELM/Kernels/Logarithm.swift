import Glibc

extension Float {
  /// The natural logarithm.
  var logarithm: Float { logf(self) }
}

extension Double {
  /// The natural logarithm.
  var logarithm: Double { log(self) }
}

extension Double {
  /// `e` to this power.
  var exponential: Double { exp(self) }
}
