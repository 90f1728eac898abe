// swift-format-ignore-file: AlwaysUseLowerCamelCase
import CRATELM
import Glibc

/// The operators in double precision, written term by term from their definitions, and central
/// differences of them: what the kernels are measured against.
enum Reference {
  typealias Rows = [[Double]]

  static func product(_ A: Rows, _ B: Rows) -> Rows {
    A.map { a in B[0].indices.map { j in a.indices.reduce(0) { $0 + a[$1] * B[$1][j] } } }
  }

  static func transposed(_ A: Rows) -> Rows {
    A[0].indices.map { j in A.map { $0[j] } }
  }

  static func sum(_ A: Rows, _ B: Rows, scale: Double = 1) -> Rows {
    zip(A, B).map { zip($0, $1).map { $0 + scale * $1 } }
  }

  static func layerNorm(
    _ X: Rows, gain: [Double], bias: [Double], epsilon: Double = 1e-5
  ) -> Rows {
    X.map { x in
      let mean = x.reduce(0, +) / Double(x.count)
      let variance = x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(x.count)
      let deviation = (variance + epsilon).squareRoot()
      return x.indices.map { (x[$0] - mean) / deviation * gain[$0] + bias[$0] }
    }
  }

  /// softmax(W·Wᵀ/√p)·W for one sequence and one subspace.
  static func attention(_ W: Rows, causal: Bool) -> Rows {
    attention(W, W, W, causal: causal)
  }

  /// softmax(Q·Kᵀ/√p)·V for one sequence and one head.
  static func attention(_ Q: Rows, _ K: Rows, _ V: Rows, causal: Bool) -> Rows {
    let scale = 1 / Double(Q[0].count).squareRoot()
    return Q.indices.map { i in
      let visible = causal ? i + 1 : K.count
      let scores = (0..<visible).map { j in zip(Q[i], K[j]).reduce(0) { $0 + $1.0 * $1.1 } * scale }
      let P = softmax(scores)
      return V[0].indices.map { c in (0..<visible).reduce(0) { $0 + P[$1] * V[$1][c] } }
    }
  }

  /// max(0, u + η(u − uDᵀ)D − ηλ).
  static func ista(_ u: Rows, dictionary D: Rows, stepSize: Double, penalty: Double) -> Rows {
    let residual = sum(u, product(u, transposed(D)), scale: -1)
    return sum(u, product(residual, D), scale: stepSize)
      .map { $0.map { max(0, $0 - stepSize * penalty) } }
  }

  /// The code after two steps from zero in an overcomplete dictionary, the atoms as rows of `V`.
  static func overcompleteCode(
    _ u: Rows, dictionary V: Rows, stepSize: Double, penalty: Double
  ) -> Rows {
    var code = u.map { _ in [Double](repeating: 0, count: V.count) }
    for _ in 0..<2 {
      let residual = sum(u, product(code, V), scale: -1)
      code = sum(code, product(residual, transposed(V)), scale: stepSize)
        .map { $0.map { max(0, $0 - stepSize * penalty) } }
    }
    return code
  }

  static func activation(_ activation: Activation, _ x: Double) -> Double {
    switch activation {
    case .relu: max(0, x)
    case .gelu: x * 0.5 * erfc(-x / 2.0.squareRoot())
    case .geluTanh: x * 0.5 * (1 + tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
    }
  }

  static func softmax(_ z: [Double]) -> [Double] {
    let largest = z.max() ?? 0
    let weights = z.map { exponential($0 - largest) }
    let total = weights.reduce(0, +)
    return weights.map { $0 / total }
  }

  static func loss(_ logits: [Double], target: Int) -> Double {
    -logarithm(softmax(logits)[target])
  }

  /// The derivative of `function` at `values` by central differences, element by element.
  static func gradient(
    at values: [Double], step: Double = 1e-5, of function: ([Double]) -> Double
  ) -> [Double] {
    values.indices.map { index in
      var (above, below) = (values, values)
      above[index] += step
      below[index] -= step
      return (function(above) - function(below)) / (2 * step)
    }
  }

  /// Σ weight ∘ value: a scalar whose gradient is the transposed operator applied to `weights`.
  static func weighted(_ values: Rows, by weights: [Double]) -> Double {
    zip(values.joined(), weights).reduce(0) { $0 + $1.0 * $1.1 }
  }

  static func rows(_ values: [Double], _ columns: Int) -> Rows {
    stride(from: 0, to: values.count, by: columns).map { Array(values[$0..<$0 + columns]) }
  }

  static func exponential(_ x: Double) -> Double { exp(x) }

  static func logarithm(_ x: Double) -> Double { log(x) }
}

/// A buffer with matrices of random numbers, for tests of kernels.
struct TestMatrices {
  private var layout = Layout()
  private var generator: SplitMix64
  private var values: [(Slot, [Double])] = []

  init(seed: UInt64) {
    generator = SplitMix64(seed: seed)
  }

  /// A matrix of numbers from N(0, 1), exact in single precision.
  mutating func random(_ rows: Int, _ columns: Int) -> (slot: Slot, values: [Double]) {
    let slot = layout.reserve(rows, columns)
    let numbers = (0..<rows * columns).map { _ in Double(Float(generator.gaussian())) }
    values.append((slot, numbers))
    return (slot, numbers)
  }

  mutating func zeros(_ rows: Int, _ columns: Int) -> Slot {
    layout.reserve(rows, columns)
  }

  func makeBuffer() throws -> Buffer {
    let buffer = try Buffer(layout)
    for (slot, numbers) in values { buffer.fill(slot, with: numbers.map(Float.init)) }
    return buffer
  }
}
