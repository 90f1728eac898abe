/// An estimate of the spread of a ratio of sums between samples of the same size.
///
/// Efron 1979: draw as many parts, such as documents, as there are, with replacement, and compute
/// the statistic of each such sample; its deviation estimates the standard error.
public struct Bootstrap: Hashable, Sendable {
  /// A unit of drawing.
  public enum Unit: String, Sendable {
    case documents, windows, chunks
  }

  /// The sums of one part.
  public struct Part: Hashable, Sendable {
    /// The loss, in nats.
    public var loss: Double
    /// The number of predicted tokens.
    public var tokens: Double
    /// The number of bytes of their text.
    public var bytes: Double

    /// A part with these sums.
    public init(loss: Double, tokens: Double, bytes: Double) {
      (self.loss, self.tokens, self.bytes) = (loss, tokens, bytes)
    }
  }

  /// Estimated standard errors.
  public struct StandardErrors: Hashable, Sendable {
    /// The error of the mean loss in nats per token.
    public var loss: Double
    /// The error of its exponential.
    public var perplexity: Double
    /// The error of the mean loss in bits per byte.
    public var bitsPerByte: Double
  }

  /// The number of samples drawn.
  public let resamples: Int
  /// The seed of the draws.
  public let seed: UInt64

  /// The number of samples in lm-evaluation-harness.
  public static let usualResamples = 1000

  /// - Precondition: `resamples` is above 1.
  public init(resamples: Int = usualResamples, seed: UInt64 = 0) {
    precondition(resamples > 1, "\(resamples) samples have no deviation")
    self.resamples = resamples
    self.seed = seed
  }

  /// The standard errors for `parts`; `nil` if fewer than two parts have tokens.
  public func standardErrors(of parts: [Part]) -> StandardErrors? {
    let parts = parts.filter { $0.tokens > 0 }
    guard parts.count > 1 else { return nil }
    var (losses, bits) = ([Double](), [Double]())
    for resample in 0..<resamples {
      var generator = SplitMix64(seed: seed, stream: "bootstrap", resample)
      var sum = Part(loss: 0, tokens: 0, bytes: 0)
      for _ in parts.indices {
        let part = parts[generator.integer(below: parts.count)]
        sum.loss += part.loss
        sum.tokens += part.tokens
        sum.bytes += part.bytes
      }
      losses.append(sum.loss / sum.tokens)
      bits.append(sum.loss / (sum.bytes * 2.0.logarithm))
    }
    return StandardErrors(
      loss: Self.deviation(losses), perplexity: Self.deviation(losses.map(\.exponential)),
      bitsPerByte: Self.deviation(bits))
  }

  private static func deviation(_ values: [Double]) -> Double {
    let mean = values.reduce(0, +) / Double(values.count)
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (squares / Double(values.count - 1)).squareRoot()
  }
}
