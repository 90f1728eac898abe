import Synchronization

/// Where training stands, as the thread sees it that answers a signal while another trains.
final class StepClock: Sendable {
  /// What training does.
  private enum Activity {
    case beginning
    case step(Int)
    case validation(Int)
    /// What belongs to an update that is made: its line, its sample, its checkpoint.
    case completion(Int)
  }

  private struct State {
    var activity = Activity.beginning
    var savedStep: Int
    /// When the update began, and when its last microbatch ended.
    var stepStart = ContinuousClock.now
    var lastEnd = ContinuousClock.now
    var doneMicrobatches = 0
    var microbatches = 1
    /// Of this update or, before the first is done, of the one before.
    var secondsPerMicrobatch: Double?
    /// Whether the update is to be ended before it is made, once that is decided.
    var isGivenUp: Bool?
    var isOver = false
  }

  private let state: Mutex<State>

  /// An update that takes no longer than this is finished after a signal.
  private static let patience = 10.0

  /// - Parameter savedStep: the step that training begins at.
  init(savedStep: Int) {
    state = Mutex(State(savedStep: savedStep))
  }

  /// An update began, or a microbatch of it ended.
  ///
  /// - Returns: the seconds of that microbatch; `nil` at the beginning.
  func reach(_ done: Int, of count: Int, step: Int) -> Double? {
    state.withLock { state in
      let now = ContinuousClock.now
      (state.activity, state.doneMicrobatches, state.microbatches) = (.step(step), done, count)
      defer { state.lastEnd = now }
      guard done > 0 else {
        state.stepStart = now
        return nil
      }
      state.secondsPerMicrobatch = (now - state.stepStart) / .seconds(done)
      return (now - state.lastEnd) / .seconds(1)
    }
  }

  /// The validation after update `step` began.
  func validate(after step: Int) { state.withLock { $0.activity = .validation(step) } }

  /// The update `step` is made.
  func complete(_ step: Int) { state.withLock { $0.activity = .completion(step) } }

  /// The checkpoint of `step` is safe.
  func save(_ step: Int) { state.withLock { $0.savedStep = step } }

  /// Whether who stops now ends the update before it is made, since what is left of it takes long.
  var givesUpStep: Bool { state.withLock { Self.givesUpStep(&$0) ?? false } }

  /// `nil` before it is known how long a microbatch takes.
  private static func givesUpStep(_ state: inout State) -> Bool? {
    if let decision = state.isGivenUp { return decision }
    guard let seconds = state.secondsPerMicrobatch else { return nil }
    let elapsed = (ContinuousClock.now - state.stepStart) / .seconds(1)
    let left = seconds * Double(state.microbatches) - elapsed
    // The last microbatch ends with the update.
    let isLast = state.doneMicrobatches + 1 >= state.microbatches
    state.isGivenUp = left > Self.patience && !isLast
    return state.isGivenUp
  }

  /// Training is over: no signal is answered any more.
  func end() { state.withLock { $0.isOver = true } }

  /// Gives `say` what is to be said to somebody who sent a signal.
  func answer(_ say: (String) -> Void) {
    state.withLock { state in
      guard !state.isOver else { return }
      let loss =
        state.savedStep == 0
        ? "everything, since nothing is saved yet"
        : "what came after step \(state.savedStep)"
      say("\(Self.plan(&state)); a second signal ends at once and loses \(loss).")
    }
  }

  private static func plan(_ state: inout State) -> String {
    switch state.activity {
    case .beginning: return "Stopping before the first step"
    case .completion(let step): return "Stopping after step \(step) and saving it"
    case .validation(let step):
      return "Stopping after the validation that follows step \(step), and saving that"
    case .step(let step):
      let givesUp = givesUpStep(&state)
      guard let givesUp, let perMicrobatch = state.secondsPerMicrobatch else {
        return "Stopping after step \(step) if it ends within \(Int(patience)) s, else at the end "
          + "of this microbatch"
      }
      let now = ContinuousClock.now
      let all = perMicrobatch * Double(state.microbatches)
      let leftOfStep = Quantity.seconds(max(0, all - (now - state.stepStart) / .seconds(1)))
      guard givesUp else { return "Stopping after step \(step), in about \(leftOfStep)" }
      let left = Quantity.seconds(max(0, perMicrobatch - (now - state.lastEnd) / .seconds(1)))
      let kept =
        step > 1 ? "step \(step - 1) is what is saved" : "nothing but the settings is saved"
      return "Stopping at the end of this microbatch, in about \(left): step \(step) would take "
        + "\(leftOfStep) more, and \(kept)"
    }
  }
}
