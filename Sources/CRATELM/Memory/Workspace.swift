/// The memory of a model's activations for one shape and purpose.
///
/// All memory is reserved when the workspace is made. Operators never run at the same time, so they
/// share the memory that each needs while it runs; in inference all layers share one set.
package final class Workspace: Sendable {
  let shape: BatchShape
  let purpose: Purpose
  private let places: [Place]
  private let kept: Buffer
  private let passing: Buffer

  fileprivate struct Place {
    var slot = Slot(offset: 0, rows: 0, columns: 0)
    var isKept = false
    /// Whether the activation has a row for each token.
    var hasTokenRows = false
  }

  init(_ activations: ActivationList, for placement: Placement) throws(OutOfMemory) {
    let plan = WorkspacePlan(activations, for: placement)
    (shape, purpose) = (placement.shape, placement.purpose)
    places = plan.places
    kept = try Buffer(plan.kept)
    passing = try Buffer(plan.passing)
  }

  /// The bytes of a workspace.
  static func byteCount(_ activations: ActivationList, for placement: Placement) -> Int {
    let plan = WorkspacePlan(activations, for: placement)
    return plan.kept.byteCount + plan.passing.byteCount
  }

  /// The activation `id`, valid until another activation reuses its memory.
  subscript(id: ActivationID) -> Matrix {
    let place = places[id.index]
    return place.isKept ? kept[place.slot] : passing[place.slot]
  }

  /// The activation `id` in a pass of `tokens` tokens, which may be fewer than the workspace has.
  subscript(id: ActivationID, tokens tokens: Int) -> Matrix {
    places[id.index].hasTokenRows ? self[id].rows(0..<tokens) : self[id]
  }

  /// Whether the activation `id` is kept for the backward pass of training.
  func keeps(_ id: ActivationID) -> Bool { places[id.index].isKept }
}

/// The slots of the activations of a list.
private struct WorkspacePlan {
  private(set) var places: [Workspace.Place] = []
  private(set) var kept = Layout()
  private(set) var passing = Layout()
  /// The slots of the stream; in inference two slots take turns.
  private var streams: [Slot] = []

  init(_ activations: ActivationList, for placement: Placement) {
    let declarations = activations.declarations
    places = Array(repeating: Workspace.Place(), count: declarations.count)
    // Shared activations come first; each operator gives back the memory behind them.
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
