import CKernels
import Glibc
import Synchronization

/// Threads that wait for work between the parallel regions of a pass.
///
/// A region of a decoded token takes microseconds, so that helpers look for the next one for a
/// short while before they sleep, and whoever starts one waits for its end without sleeping.
final class WorkerTeam: Sendable {
  private let helperCount: Int
  private let shared = Shared()
  private let isStarted = Mutex(false)

  /// A team of the calling thread and `helperCount` others, which start with the first region.
  init(helperCount: Int) {
    self.helperCount = helperCount
  }

  deinit {
    shared.end()
  }

  /// Runs `body(worker)` once on every thread of the team, as worker 0 on the calling one.
  ///
  /// - Returns: false, having done nothing, while another region of the team runs, such as the one
  ///   the call comes from.
  func run(_ body: @Sendable (_ worker: Int) -> Void) -> Bool {
    guard shared.isBusy.exchange(true, ordering: .acquiring) == false else { return false }
    defer { shared.isBusy.store(false, ordering: .releasing) }
    let helpers = startedHelpers
    withoutActuallyEscaping(body) { body in
      shared.begin(body, helpers: helpers)
      body(0)
      shared.awaitEnd()
    }
    return true
  }

  /// The helpers there are: as many as the system gave.
  private var startedHelpers: Int {
    isStarted.withLock { isStarted in
      if !isStarted {
        for worker in 1..<helperCount + 1 { shared.startHelper(worker) }
        isStarted = true
      }
    }
    return shared.startedCount
  }
}

/// What the threads of a team share; helpers keep it alive until they end.
@safe
private final class Shared: @unchecked Sendable {
  /// How often a helper looks for a region before it sleeps, some 50 µs, and how often whoever
  /// waits for the end of one looks before it lets other threads of the machine go first.
  private static let looks = 4096

  let isBusy = Atomic(false)
  private(set) var startedCount = 0
  private let isEnded = Atomic(false)
  /// Counts regions; a change is the sign to begin.
  private let round = Atomic(0)
  private let working = Atomic(0)
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
    startedCount += 1
  }

  func begin(_ body: @escaping @Sendable (Int) -> Void, helpers: Int) {
    self.body = body
    working.store(helpers, ordering: .relaxed)
    announce()
  }

  func awaitEnd() {
    var looks = 0
    while working.load(ordering: .acquiring) != 0 {
      spin_pause()
      looks += 1
      if looks > Self.looks { sched_yield() }
    }
    body = nil
  }

  func end() {
    isEnded.store(true, ordering: .relaxed)
    announce()
  }

  private func announce() {
    round.add(1, ordering: .sequentiallyConsistent)
    guard sleeping.load(ordering: .sequentiallyConsistent) > 0 else { return }
    unsafe pthread_mutex_lock(mutex)
    unsafe pthread_cond_broadcast(condition)
    unsafe pthread_mutex_unlock(mutex)
  }

  private func serve(as worker: Int) {
    var seen = 0
    while true {
      awaitRound(after: seen)
      seen += 1
      if isEnded.load(ordering: .relaxed) { return }
      body?(worker)
      working.subtract(1, ordering: .acquiringAndReleasing)
    }
  }

  /// A helper sees every round, since the next one waits for it.
  private func awaitRound(after seen: Int) {
    for _ in 0..<Self.looks {
      if round.load(ordering: .acquiring) != seen { return }
      spin_pause()
    }
    unsafe pthread_mutex_lock(mutex)
    sleeping.add(1, ordering: .sequentiallyConsistent)
    while round.load(ordering: .sequentiallyConsistent) == seen {
      unsafe pthread_cond_wait(condition, mutex)
    }
    sleeping.subtract(1, ordering: .relaxed)
    unsafe pthread_mutex_unlock(mutex)
  }
}

/// What a thread is started with.
private final class Helper: Sendable {
  let shared: Shared
  let worker: Int

  init(shared: Shared, worker: Int) {
    self.shared = shared
    self.worker = worker
  }
}
