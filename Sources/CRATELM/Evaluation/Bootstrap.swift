/// The spread of a ratio of sums that another sample of the same size would have shown.
///
/// Efron 1979: parts, such as documents, are drawn with replacement, as many as there are, and the
/// statistic is computed of each such sample; its deviation estimates the standard error.
public struct Bootstrap: Hashable, Sendable {
  /// What is drawn as one.
  public enum Unit: String, Sendable {
    case documents, windows, chunks
  }

  /// What one part adds to the sums.
  public struct Part: Hashable, Sendable {
    /// In nats.
    public var loss: Double
    /// Tokens predicted.
    public var tokens: Double
    /// Bytes of text that they stand for.
    public var bytes: Double

    /// A part of these sums.
    public init(loss: Double, tokens: Double, bytes: Double) {
      (self.loss, self.tokens, self.bytes) = (loss, tokens, bytes)
    }
  }

  /// Estimated standard errors.
  public struct StandardErrors: Hashable, Sendable {
    /// Of the mean loss in nats per token.
    public var loss: Double
    /// Of its exponential.
    public var perplexity: Double
    /// Of the mean loss in bits per byte.
    public var bitsPerByte: Double
  }

  /// The number of samples drawn.
  public let resamples: Int
  /// Decides every draw.
  public let seed: UInt64

  /// The number of samples that lm-evaluation-harness draws.
  public static let usualResamples = 1000

  /// - Precondition: `resamples` is above 1.
  public init(resamples: Int = usualResamples, seed: UInt64 = 0) {
    precondition(resamples > 1, "\(resamples) samples have no deviation")
    self.resamples = resamples
    self.seed = seed
  }

  /// The standard errors of the sums of `parts`; `nil` where there are not two parts with tokens.
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
