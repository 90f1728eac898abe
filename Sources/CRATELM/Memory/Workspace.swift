/// The memory of a model's activations for one shape and purpose.
///
/// All of it is reserved when the workspace is made. Operators that never run at the same time
/// share what they need only while they run; without a backward pass all layers share one set.
package final class Workspace: Sendable {
  let shape: BatchShape
  let purpose: Purpose
  private let places: [Place]
  private let kept: Buffer
  private let passing: Buffer

  fileprivate struct Place {
    var slot = Slot(offset: 0, rows: 0, columns: 0)
    var isKept = false
    /// Whether it has a row for each token.
    var hasTokenRows = false
  }

  init(_ activations: ActivationList, for placement: Placement) throws(OutOfMemory) {
    let plan = WorkspacePlan(activations, for: placement)
    (shape, purpose) = (placement.shape, placement.purpose)
    places = plan.places
    kept = try Buffer(plan.kept)
    passing = try Buffer(plan.passing)
  }

  /// The bytes that a workspace would take.
  static func byteCount(_ activations: ActivationList, for placement: Placement) -> Int {
    let plan = WorkspacePlan(activations, for: placement)
    return plan.kept.byteCount + plan.passing.byteCount
  }

  /// The activation `id`, valid until its place is used again.
  subscript(id: ActivationID) -> Matrix {
    let place = places[id.index]
    return place.isKept ? kept[place.slot] : passing[place.slot]
  }

  /// The activation `id` of a pass of only the first `tokens` that there is room for.
  subscript(id: ActivationID, tokens tokens: Int) -> Matrix {
    places[id.index].hasTokenRows ? self[id].rows(0..<tokens) : self[id]
  }

  /// Whether the activation `id` is kept for a backward pass, in a workspace for training.
  func keeps(_ id: ActivationID) -> Bool { places[id.index].isKept }
}

/// Where the activations of a list lie.
private struct WorkspacePlan {
  private(set) var places: [Workspace.Place] = []
  private(set) var kept = Layout()
  private(set) var passing = Layout()
  /// Without a backward pass two places take turns for the stream.
  private var streams: [Slot] = []

  init(_ activations: ActivationList, for placement: Placement) {
    let declarations = activations.declarations
    places = Array(repeating: Workspace.Place(), count: declarations.count)
    // What all operators share lies in front of what each of them gives back.
    for (index, declaration) in declarations.enumerated() where declaration.scope == nil {
      places[index] = place(declaration, placement)
    }
    let marks = (kept: kept.mark, passing: passing.mark)
    var scope: Int?
    for (index, declaration) in declarations.enumerated() where declaration.scope != nil {
      if declaration.scope != scope {
        passing.rewind(to: marks.passing)
        if placement.purpose == .inference { kept.rewind(to: marks.kept) }
        scope = declaration.scope
      }
      places[index] = place(declaration, placement)
    }
  }

  private mutating func place(
    _ declaration: ActivationList.Declaration, _ placement: Placement
  ) -> Workspace.Place {
    let (rows, columns) = declaration.extent.dimensions(placement)
    func kept(_ slot: Slot) -> Workspace.Place {
      Workspace.Place(slot: slot, isKept: true, hasTokenRows: declaration.extent.hasTokenRows)
    }
    func passing(if isNeeded: Bool) -> Workspace.Place {
      Workspace.Place(
        slot: self.passing.reserve(isNeeded ? rows : 0, columns), isKept: false,
        hasTokenRows: isNeeded && declaration.extent.hasTokenRows)
    }
    switch declaration.lifetime {
    case .kept: return kept(self.kept.reserve(rows, columns))
    case .passing: return passing(if: true)
    case .gradient: return passing(if: placement.purpose == .training)
    case .inference: return passing(if: placement.purpose == .inference)
    case .stream:
      if placement.purpose == .training || streams.count < 2 {
        streams.append(self.kept.reserve(rows, columns))
      } else {
        streams.append(streams[streams.count - 2])
      }
      return kept(streams[streams.count - 1])
    }
  }
}
