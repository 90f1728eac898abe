import Synchronization
import TextModels

/// The position of training, shared by the thread that trains and the one that answers a signal.
final class StepClock: Sendable {
  /// The current work of training.
  private enum Activity {
    case beginning
    case step(Int)
    case validation(Int)
    /// The line, sample and checkpoint of a finished update.
    case completion(Int)
  }

  private struct State {
    var activity = Activity.beginning
    var savedStep: Int
    /// The beginning of the update, and the end of its last microbatch.
    var stepStart = ContinuousClock.now
    var lastEnd = ContinuousClock.now
    var doneMicrobatches = 0
    var microbatches = 1
    /// The mean of this update, or of the one before until a microbatch is done.
    var secondsPerMicrobatch: Double?
    /// Whether the update is given up; `nil` until that is decided.
    var isGivenUp: Bool?
    /// Whether the user was told what a signal leads to.
    var isAnswered = false
    var isOver = false
  }

  private let state: Mutex<State>

  /// The longest rest of an update that is finished after a signal, in seconds.
  private static let patience = 10.0

  /// - Parameter savedStep: the step that training begins at.
  init(savedStep: Int) {
    state = Mutex(State(savedStep: savedStep))
  }

  /// Records that `done` of `count` microbatches of update `step` are done.
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

  /// Records that the validation after update `step` began.
  func validate(after step: Int) { state.withLock { $0.activity = .validation(step) } }

  /// Records that update `step` is done.
  func complete(_ step: Int) { state.withLock { $0.activity = .completion(step) } }

  /// Records that the checkpoint of `step` is safe.
  func save(_ step: Int) { state.withLock { $0.savedStep = step } }

  /// Whether a stop now gives up the update, since the rest of it takes long.
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

  /// Records that training is over; signals are not answered any more.
  func end() { state.withLock { $0.isOver = true } }

  /// Gives `say` the answer to the first signal, once.
  func answer(_ say: (String) -> Void) {
    state.withLock { state in
      guard !state.isOver, !state.isAnswered else { return }
      state.isAnswered = true
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
