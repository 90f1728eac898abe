/// The plan by which the authors of CRATE trained a language model.
///
/// Both use AdamW for every parameter, clip gradients at a norm of 1 and leave dictionaries as
/// they become. Source: Yu et al., "White-Box Transformers via Sparse Rate Reduction:
/// Compression Is All There Is?", JMLR 2024, on CRATE-GPT and CRATE-BERT; the batch of CRATE-GPT
/// is that of the CRATE-LM code (arXiv:2410.16443), the paper has 384.
public struct PublishedRecipe: Sendable {
  /// The number of updates.
  public let steps: Int
  /// The sequences of an update.
  public let batch: Int
  /// AdamW's largest learning rate.
  let peak: Double
  /// The last learning rate as a fraction of the largest.
  let finalFraction: Double
  /// The steps over which the learning rate rises.
  let warmupSteps: Int
  /// Whether the learning rate falls by a cosine, or else in a line.
  let fallsByCosine: Bool
  /// The constants of AdamW.
  let optimizer: AdamWConfiguration

  /// The recipe of the model that learns by `objective`.
  public init(for objective: Objective) {
    var optimizer = AdamWConfiguration()
    switch objective.examples {
    case .successors:
      (steps, batch, peak, finalFraction) = (600_000, 480, 6e-4, 0.1)
      (warmupSteps, fallsByCosine) = (2000, true)
    case .hiddenTokens:
      (steps, batch, peak, finalFraction) = (30_000, 8096, 1e-3, 0)
      (warmupSteps, fallsByCosine) = (1800, false)
      (optimizer.beta2, optimizer.epsilon, optimizer.weightDecay) = (0.98, 1e-6, 0.01)
    }
    self.optimizer = optimizer
  }

  /// The learning rate over `total` steps: a shorter training has a shorter warm-up in proportion.
  func schedule(over total: Int) -> LearningRateSchedule {
    let warmup = min(warmupSteps, total * warmupSteps / steps)
    return LearningRateSchedule(
      peak: peak, finalFraction: finalFraction, warmupSteps: warmup, totalSteps: total,
      decay: fallsByCosine ? .cosine : .linear(steps: total - warmup))
  }
}

extension TrainingConfiguration {
  /// Takes over the optimiser and the learning rates of `recipe`, for the steps of this plan.
  public mutating func adopt(_ recipe: PublishedRecipe) {
    (matrices, optimizer, schedule) = (.adamW, recipe.optimizer, recipe.schedule(over: steps))
    (gradientClip, boundsDictionaries) = (1, false)
  }
}
