import CRATELM
import Glibc
import Testing

@Suite struct BootstrapTests {
  private func parts(_ count: Int) -> [Bootstrap.Part] {
    var generator = SplitMix64(seed: 5)
    return (0..<count).map { _ in
      let tokens = Double(20 + generator.integer(below: 60))
      return Bootstrap.Part(
        loss: tokens * (3 + generator.gaussian()), tokens: tokens, bytes: tokens * 4)
    }
  }

  /// Against the linearised standard error of a ratio of sums, √(Σ (lᵢ − r·wᵢ)²) / Σ wᵢ; an estimate
  /// of a deviation from 4,000 samples is itself off by 1/√8,000 = 1.1 %, three times that is
  /// allowed, and 2 % for the curvature of the ratio.
  @Test(arguments: [40, 300]) func agreesWithTheDirectFormula(count: Int) throws {
    let parts = parts(count)
    let found = try #require(Bootstrap(resamples: 4000, seed: 1).standardErrors(of: parts))
    let (loss, tokens) = parts.reduce((0.0, 0.0)) { ($0.0 + $1.loss, $0.1 + $1.tokens) }
    let ratio = loss / tokens
    let squares = parts.reduce(0) {
      let rest = $1.loss - ratio * $1.tokens
      return $0 + rest * rest
    }
    let direct = squares.squareRoot() / tokens
    #expect(abs(found.loss / direct - 1) < 0.055)
    // Bits per byte are the loss over 4·ln 2; the perplexity's error is its slope times the loss's.
    #expect(abs(found.bitsPerByte / (found.loss / (4 * log(2))) - 1) < 1e-9)
    let slope = exp(ratio)
    #expect(abs(found.perplexity / (found.loss * slope) - 1) < 0.1)
  }

  @Test func decidedByTheSeed() throws {
    let parts = parts(50)
    let errors = [1, 1, 2].map { Bootstrap(resamples: 100, seed: $0).standardErrors(of: parts) }
    #expect(errors[0] == errors[1])
    #expect(errors[0] != errors[2])
  }

  /// Parts without tokens are no part of the sample; one part has no spread.
  @Test func tooFewParts() {
    let empty = Bootstrap.Part(loss: 0, tokens: 0, bytes: 0)
    #expect(Bootstrap().standardErrors(of: []) == nil)
    #expect(Bootstrap().standardErrors(of: parts(1) + [empty]) == nil)
    #expect(
      Bootstrap().standardErrors(of: parts(5) + [empty])
        == Bootstrap().standardErrors(of: parts(5)))
  }
}
