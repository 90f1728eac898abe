import CRATELM
import Storage
import TextModels
import Tokenizer

/// The exit status of a process: BSD's sysexits, and 76 for diverged training.
enum ExitStatus: Int32 {
  case wrongUsage = 64
  case badData = 65
  case missingInput = 66
  case cannotCreate = 73
  case inputOutput = 74
  case stopped = 75
  case diverged = 76

  /// The status of a failure of the libraries; `nil` for an error of the command line's parser.
  init?(_ error: any Error) {
    switch error {
    case let error as FileError: self.init(error)
    case let error as DataError: self = error.kind == .data ? .badData : .wrongUsage
    case let error as TokenizerError: self = error.category == .data ? .badData : .wrongUsage
    case InputError.noTextFiles, InputError.danglingLink: self = .missingInput
    case InputError.unknownEncoding, InputError.repeated: self = .wrongUsage
    case is InputError, is CheckpointError: self = .badData
    case is ConfigurationError, is IDList.MalformedID, is OutOfMemory: self = .wrongUsage
    case is TrainingError: self = .diverged
    default: return nil
    }
  }

  private init(_ error: FileError) {
    self =
      switch error {
      case .missing: .missingInput
      case .wrongKind: .wrongUsage
      case .tooLong: .badData
      case .cannotCreate, .inUse, .notEmpty: .cannotCreate
      case .readFailed, .writeFailed, .noSpace: .inputOutput
      }
  }
}
