/// The lowest validation loss so far.
public struct BestValidation: Codable, Hashable, Sendable {
  /// The update after which it was measured; the earlier one of equals.
  public let step: Int
  /// The loss, in nats per token.
  public let loss: Double
  /// The number of later validations.
  public internal(set) var validationsSince = 0
}

extension TrainingState {
  /// Counts a validation.
  ///
  /// - Returns: whether it is the best so far.
  package mutating func observe(validationLoss loss: Double) -> Bool {
    if let best, !(loss < best.loss) {
      self.best?.validationsSince += 1
      return false
    }
    best = BestValidation(step: step, loss: loss)
    return true
  }
}

extension Trainer {
  /// Counts a validation of the parameters as they are.
  ///
  /// - Returns: whether it is the best so far.
  func observe(_ validation: ValidationLoss) -> Bool {
    state.observe(validationLoss: validation.loss)
  }

  /// Counts validations anew if patience was lost: another plan is a wish to go on all the same.
  func renewPatience() {
    if hasLostPatience { state.best?.validationsSince = 0 }
  }

  /// Whether all steps are done, or the validation loss has not fallen for as long as the plan
  /// allows.
  public var isComplete: Bool { state.step >= configuration.steps || hasLostPatience }

  /// Whether the validation loss has not fallen for as long as the plan allows.
  public var hasLostPatience: Bool {
    guard let patience = configuration.patience, let best = state.best else { return false }
    return best.validationsSince >= patience
  }
}
