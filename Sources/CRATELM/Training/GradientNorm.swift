package import Parallel

/// The Euclidean norm of the gradient of all parameters, for clipping.
package struct GradientNorm: Sendable {
  private let parts: [Range<Int>]

  package init(_ layout: Layout) {
    parts = layout.tensors.flatMap { $0.parts(of: 1 << 16) }
  }

  /// √Σ g², summed in double precision in an order fixed by the layout; finite for finite g, NaN or
  /// ∞ otherwise.
  package func callAsFunction(_ gradient: Buffer, workers: Workers) -> Double {
    let squares = SharedDoubles(count: parts.count)
    workers.forEach(parts.count) { index, _ in
      squares[index] = Reductions.squaredNorm(gradient.all[parts[index]])
    }
    return squares.sum.squareRoot()
  }

  /// The factor that scales a gradient of norm `norm` to at most `limit`, as in PyTorch; 1 for a
  /// shorter one or no limit.
  package static func clippingScale(norm: Double, limit: Float?) -> Float {
    guard let limit else { return 1 }
    return Float(min(1, Double(limit) / (norm + 1e-6)))
  }
}
