import CLinux
import Glibc
import Synchronization

/// Threads that wait for work between the parallel regions of a pass.
///
/// A parallel region takes microseconds when a token is decoded. So helpers spin for a short while
/// before they sleep, and the calling thread spins until its region ends. It never waits for a
/// helper that has not entered the region: another program may have the helper's processor.
final class WorkerTeam: Sendable {
  private let helperCount: Int
  private let shared = Shared()
  private let isStarted = Mutex(false)
  private let isBusy = Atomic(false)

  /// A team of the calling thread and `helperCount` helpers, which start with the first region.
  init(helperCount: Int) {
    self.helperCount = helperCount
  }

  deinit {
    shared.end()
  }

  /// Runs `body(worker)` on the calling thread, as worker 0, and once on every helper that enters
  /// before the calling thread is done.
  ///
  /// - Returns: false, having done nothing, while a region of the team runs, such as the caller's.
  func run(_ body: @Sendable (_ worker: Int) -> Void) -> Bool {
    guard isBusy.exchange(true, ordering: .acquiring) == false else { return false }
    defer { isBusy.store(false, ordering: .releasing) }
    startHelpers()
    withoutActuallyEscaping(body) { body in
      shared.open(body)
      body(0)
      shared.close()
    }
    return true
  }

  private func startHelpers() {
    isStarted.withLock { isStarted in
      guard !isStarted else { return }
      for worker in 1..<helperCount + 1 { shared.startHelper(worker) }
      isStarted = true
    }
  }
}

/// The state shared by the threads of a team; helpers keep it alive until they end.
@safe
private final class Shared: @unchecked Sendable {
  /// The number of looks for a region before a helper sleeps, some 50 µs, and for the end of a
  /// region before the calling thread yields its processor.
  private static let looks = 4096

  /// The index of a region, whether it is open for helpers, and the number of helpers in it.
  private let gate = Atomic(0)
  private static let helpers = 0xFFFF
  private static let isOpen = 1 << 16
  private static let oneRegion = 1 << 17

  private let isEnded = Atomic(false)
  private let sleeping = Atomic(0)
  private var body: (@Sendable (Int) -> Void)?
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let condition: UnsafeMutablePointer<pthread_cond_t>

  init() {
    unsafe mutex = .allocate(capacity: 1)
    unsafe condition = .allocate(capacity: 1)
    unsafe pthread_mutex_init(mutex, nil)
    unsafe pthread_cond_init(condition, nil)
  }

  deinit {
    unsafe pthread_cond_destroy(condition)
    unsafe pthread_mutex_destroy(mutex)
    unsafe condition.deallocate()
    unsafe mutex.deallocate()
  }

  /// Starts a helper, if the system can make a thread.
  func startHelper(_ worker: Int) {
    let helper = unsafe Unmanaged.passRetained(Helper(shared: self, worker: worker))
    var thread = pthread_t()
    let status = unsafe pthread_create(
      &thread, nil,
      { argument in
        if let argument = unsafe argument {
          let helper = unsafe Unmanaged<Helper>.fromOpaque(argument).takeRetainedValue()
          helper.shared.serve(as: helper.worker)
        }
        return nil
      }, helper.toOpaque())
    guard status == 0 else { return unsafe helper.release() }
    pthread_detach(thread)
  }

  /// Opens a region in which helpers run `body`.
  func open(_ body: @escaping @Sendable (Int) -> Void) {
    self.body = body
    gate.add(Self.oneRegion + Self.isOpen, ordering: .sequentiallyConsistent)
    wakeSleepers()
  }

  /// Closes the region and waits for the helpers in it.
  func close() {
    gate.subtract(Self.isOpen, ordering: .acquiringAndReleasing)
    var looks = 0
    while gate.load(ordering: .acquiring) & Self.helpers != 0 {
      spin_pause()
      looks += 1
      if looks > Self.looks { sched_yield() }
    }
    body = nil
  }

  func end() {
    isEnded.store(true, ordering: .sequentiallyConsistent)
    wakeSleepers()
  }

  private func wakeSleepers() {
    guard sleeping.load(ordering: .sequentiallyConsistent) > 0 else { return }
    unsafe pthread_mutex_lock(mutex)
    unsafe pthread_cond_broadcast(condition)
    unsafe pthread_mutex_unlock(mutex)
  }

  private func serve(as worker: Int) {
    var last = 0
    while let region = enteredRegion(after: last) {
      last = region
      body?(worker)
      gate.subtract(1, ordering: .acquiringAndReleasing)
    }
  }

  /// Waits for a region other than `last` and enters it; `nil` after the end of the team.
  private func enteredRegion(after last: Int) -> Int? {
    while true {
      for _ in 0..<Self.looks {
        if let region = tryToEnter(after: last) { return region }
        spin_pause()
      }
      unsafe pthread_mutex_lock(mutex)
      sleeping.add(1, ordering: .sequentiallyConsistent)
      while !isEnded.load(ordering: .sequentiallyConsistent), !canEnter(after: last) {
        unsafe pthread_cond_wait(condition, mutex)
      }
      sleeping.subtract(1, ordering: .relaxed)
      unsafe pthread_mutex_unlock(mutex)
      if isEnded.load(ordering: .relaxed) { return nil }
    }
  }

  private func canEnter(after last: Int) -> Bool {
    let state = gate.load(ordering: .sequentiallyConsistent)
    return state & Self.isOpen != 0 && state / Self.oneRegion != last
  }

  private func tryToEnter(after last: Int) -> Int? {
    let state = gate.load(ordering: .acquiring)
    let region = state / Self.oneRegion
    guard state & Self.isOpen != 0, region != last else { return nil }
    let (entered, _) = gate.compareExchange(
      expected: state, desired: state + 1, ordering: .acquiringAndReleasing)
    return entered ? region : nil
  }
}

/// The argument of a new thread.
private final class Helper: Sendable {
  let shared: Shared
  let worker: Int

  init(shared: Shared, worker: Int) {
    self.shared = shared
    self.worker = worker
  }
}
