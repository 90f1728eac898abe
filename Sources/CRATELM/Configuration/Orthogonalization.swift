/// An iteration that brings the singular values of a matrix `X` near 1.
///
/// Each step maps `X` to `a·X + (b·S + c·S²)·X` with `S = X·Xᵀ`, an odd polynomial in the singular
/// values, which are at most 1 before the first.
public enum Orthogonalization: String, Codable, CaseIterable, Sendable {
  /// Three steps, each the best polynomial of degree five for the values that the steps before
  /// leave, if the first ones are at least 0.01 (Amsel and others 2025, arXiv:2505.16932, algorithm
  /// 1): values from 0.01 to 1 end between 0.73 and 1.27.
  case polarExpress = "polar-express"
  /// Five steps with the coefficients of Muon (Jordan 2024): values from 0.01 to 1 end between 0.68
  /// and 1.14.
  case newtonSchulz = "newton-schulz"

  /// a, b and c of each step.
  package var steps: [(a: Float, b: Float, c: Float)] {
    switch self {
    case .polarExpress:
      [
        (8.093368512548258, -23.62043032882428, 17.446151749836254),
        (3.636585554259042, -2.7219267466089088, 0.5365462883273615),
        (2.6612999857771005, -1.9771545218846251, 0.4526164069964009),
      ]
    case .newtonSchulz: Array(repeating: (3.4445, -4.7750, 2.0315), count: 5)
    }
  }
}
