import CRATELM
import Files
import Tokenizer

/// What a process tells its caller: the numbers of BSD's sysexits, and 76 for diverged training.
enum ExitStatus: Int32 {
  case wrongUsage = 64
  case badData = 65
  case missingInput = 66
  case internalError = 70
  case cannotCreate = 73
  case inputOutput = 74
  case stopped = 75
  case diverged = 76

  /// The status of a failure.
  init(_ error: any Error) {
    self =
      switch error {
      case let error as FileError: Self(error)
      case let error as DataError: error.kind == .data ? .badData : .wrongUsage
      case let error as TokenizerError: error.category == .data ? .badData : .wrongUsage
      case let error as InputError: Self(error)
      case is CheckpointError: .badData
      case is ConfigurationError, is OutOfMemory: .wrongUsage
      case is TrainingError: .diverged
      default: .internalError
      }
  }

  private init(_ error: FileError) {
    self =
      switch error {
      case .missing: .missingInput
      case .wrongKind: .wrongUsage
      case .cannotCreate, .notEmpty: .cannotCreate
      case .readFailed, .writeFailed: .inputOutput
      }
  }

  private init(_ error: InputError) {
    self =
      switch error {
      case .noTextFiles: .missingInput
      case .notUTF8, .malformedLine, .notExpandable: .badData
      }
  }
}
